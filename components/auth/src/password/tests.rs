//! What passwords and hashes are taken for.

use super::*;

/// Of `correct horse`, by libxcrypt and OpenSSL.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
const SCRYPT: &str =
    "$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$6g3umF+uVrJsObaTZhIbbTlgrvOEFcCItdwSjtPF67M";
fn password(text: &str) -> Password {
    Password::new(text)
}

fn none() -> Peppers {
    Peppers::new("", "").unwrap()
}

fn verdict(text: &str, hash: &str, peppers: &Peppers) -> Verdict {
    password(text).verify(Some(hash), peppers).unwrap()
}

#[test]
fn a_password_has_8_to_256_characters() {
    let long: String = (0..256_u32)
        .filter_map(|n| char::from_u32(0x4e00 + n * 7 % 256))
        .collect();
    for text in ["eight ch", "愛は美しい花だよ", &long] {
        assert!(password(text).check("password", &[]).is_ok(), "{text}");
    }
    let longer = format!("{long}x");
    for text in ["", "seven c", "愛は美しい花だ", &longer] {
        let error = password(text).check("password", &[]).unwrap_err();
        assert_eq!(error.message, "must have 8 to 256 characters", "{text}");
    }
}

#[test]
fn the_same_characters_are_the_same_password_however_they_are_typed() {
    let hash = password("caf\u{e9} au lait").hash(&none()).unwrap();
    assert_eq!(
        verdict("cafe\u{301} au lait", &hash, &none()),
        Verdict::Right
    );
}

#[test]
fn a_hash_knows_its_password_and_no_other() {
    let hash = password("correct horse").hash(&none()).unwrap();
    assert_eq!(verdict("correct horse", &hash, &none()), Verdict::Right);
    assert_eq!(verdict("Correct horse", &hash, &none()), Verdict::Wrong);
    assert_eq!(verdict("", &hash, &none()), Verdict::Wrong);
}

#[test]
fn nobody_has_no_password_and_is_as_costly_to_ask_as_anybody() {
    let nobody = password("correct horse").verify(None, &none()).unwrap();
    assert_eq!(nobody, Verdict::Wrong);
    let somebody = password("correct horse").hash(&none()).unwrap();
    let shape = |hash: &str| {
        let hash = PasswordHash::new(hash).unwrap();
        (
            hash.algorithm,
            hash.version,
            hash.params.to_string(),
            hash.salt.unwrap().len(),
            hash.hash.unwrap().len(),
        )
    };
    assert_eq!(shape(NOBODY), shape(&somebody));
}

#[test]
fn the_same_password_never_has_the_same_hash() {
    let hash = || password("correct horse").hash(&none()).unwrap();
    assert_ne!(hash(), hash());
}

#[test]
fn a_password_is_not_shown() {
    assert!(!format!("{:?}", password("correct horse")).contains("horse"));
}

#[test]
fn without_its_pepper_a_hash_is_good_for_nothing() {
    let (old, new) = ("o".repeat(32), "n".repeat(32));
    let peppers = |current: &str, previous: &str| Peppers::new(current, previous).unwrap();
    let plain = password("correct horse").hash(&none()).unwrap();
    let hash = password("correct horse").hash(&peppers(&old, "")).unwrap();
    assert!(!hash.contains(&old), "{hash}");

    let says = |hash: &str, peppers: Peppers| verdict("correct horse", hash, &peppers);
    assert_eq!(says(&hash, peppers(&old, "")), Verdict::Right);
    assert_eq!(says(&hash, none()), Verdict::Wrong);
    assert_eq!(says(&hash, peppers(&new, "")), Verdict::Wrong);
    // Rotated: still right, to be made anew.
    assert_eq!(says(&hash, peppers(&new, &old)), Verdict::Outdated);
    assert_eq!(says(&plain, peppers(&new, "")), Verdict::Outdated);
    assert_eq!(
        verdict("another one", &hash, &peppers(&new, &old)),
        Verdict::Wrong
    );
}

#[test]
fn hashes_of_other_systems_and_times_are_right_and_outdated() {
    let by = |algorithm| {
        let params = Params::new(8 * 1024, 1, 1, None).unwrap();
        let argon2 = Argon2::new(algorithm, Version::V0x13, params);
        argon2.hash_password(b"correct horse").unwrap().to_string()
    };
    let (weaker, older) = (by(Algorithm::Argon2id), by(Algorithm::Argon2i));
    for hash in [BCRYPT, SCRYPT, &weaker, &older] {
        assert!(can_import(hash), "{hash}");
        assert_eq!(
            verdict("correct horse", hash, &none()),
            Verdict::Outdated,
            "{hash}"
        );
        assert_eq!(
            verdict("another horse", hash, &none()),
            Verdict::Wrong,
            "{hash}"
        );
    }
}

#[test]
fn hashes_that_cannot_be_read_or_take_too_long_are_not_imported() {
    let costly = BCRYPT.replacen("$04$", "$31$", 1);
    for hash in [
        "",
        "correct horse",
        "$2b$",
        "$1$salt$0123456789",
        "$pbkdf2-sha256$i=1000$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA",
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=4194304,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=30,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        &costly,
    ] {
        assert!(!can_import(hash), "{hash}");
    }
}
