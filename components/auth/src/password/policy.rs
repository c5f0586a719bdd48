//! Which passwords are refused, as NIST SP 800-63B section 5.1.1.2 has it: what others guess first, what
//! repeats or counts, and what is made of words that are known of the account. Nothing is asked of how a
//! password is composed.

/// The passwords of leaks that are the most common, and the words that others are made of by adding a
/// digit: those of zxcvbn's list (MIT licence) with at least 8 characters, and of its first 10,000 those
/// of at least 5 letters. One a line, in order of their bytes, lower case, ASCII.
const COMMON: &str = include_str!("common.txt");

/// How much around a common word makes it no better.
const DECORATION: usize = 5;
/// What must be left of a password without the words that are known of the account.
const REMAINDER: usize = 6;
/// Shorter words are in too many passwords by chance.
const WORD: usize = 4;
/// The longest piece whose repetition is no password.
const PIECE: usize = 4;

/// What is wrong with a password, to be read after its field's name. `about` is what is known of the
/// account: its address, its name, the application.
pub fn weakness(password: &str, about: &[&str]) -> Option<&'static str> {
    let password = password.to_lowercase();
    if repeats(&password) || counts(&password) {
        Some("must not be a repetition or a sequence")
    } else if is_common(&password) {
        Some("is one of those that are guessed first")
    } else if is_about(&password, about) {
        Some("must not be made of your address, your name or the name of this application")
    } else {
        None
    }
}

/// The same short piece again and again.
fn repeats(password: &str) -> bool {
    let characters: Vec<char> = password.chars().collect();
    (1..=PIECE).any(|length| {
        characters.len() > length
            && characters
                .iter()
                .zip(&characters[length..])
                .all(|(one, next)| one == next)
    })
}

/// Each character the next one of the alphabet, upwards or downwards.
fn counts(password: &str) -> bool {
    let characters: Vec<u32> = password.chars().map(u32::from).collect();
    let all =
        |is_next: fn(u32, u32) -> bool| characters.windows(2).all(|pair| is_next(pair[0], pair[1]));
    all(|one, next| one + 1 == next) || all(|one, next| next + 1 == one)
}

/// Common as it is, written with digits for letters, or with a little around it.
fn is_common(password: &str) -> bool {
    let core = password.trim_matches(|c: char| !c.is_alphabetic());
    let around = password.chars().count() - core.chars().count();
    let forms = [Some(password), (around <= DECORATION).then_some(core)];
    let plain = spelled(password);
    let plain_core = plain.trim_matches(|c: char| !c.is_alphabetic());
    forms
        .into_iter()
        .flatten()
        .chain([plain.as_str(), plain_core])
        .any(is_listed)
        || forms
            .into_iter()
            .flatten()
            .any(|form| is_listed(&spelled(form)))
}

/// With letters for the digits and signs that stand for them.
fn spelled(text: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    };
    text.chars().map(letter).collect()
}

/// Whether the list has this line, by halving it.
fn is_listed(word: &str) -> bool {
    let list = COMMON.as_bytes();
    let (mut low, mut high) = (0, list.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let is_end = |byte: &u8| *byte == b'\n';
        let start = list[low..middle].iter().rposition(is_end);
        let start = start.map_or(low, |end| low + end + 1);
        let end = list[middle..].iter().position(is_end);
        let end = end.map_or(list.len(), |end| middle + end);
        match list[start..end].cmp(word.as_bytes()) {
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
            std::cmp::Ordering::Equal => return true,
        }
    }
    false
}

/// Little is left of it without what `about` says, as a whole, up to an `@`, and word by word.
fn is_about(password: &str, about: &[&str]) -> bool {
    let known: Vec<_> = about.iter().map(|text| text.to_lowercase()).collect();
    let wholes = known.iter().map(String::as_str);
    let parts = known.iter().flat_map(|text| text.split('@'));
    let words = known
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let rest = wholes
        .chain(parts)
        .chain(words)
        .filter(|word| word.chars().count() >= WORD)
        .fold(password.to_owned(), |rest, word| rest.replace(word, ""));
    rest.len() < password.len() && rest.chars().count() < REMAINDER
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: [&str; 3] = ["ada.lovelace@example.com", "Ada Lovelace", "Selvedge"];

    #[test]
    fn the_list_can_be_searched_by_halves() {
        assert!(COMMON.is_ascii());
        assert!(COMMON.lines().is_sorted());
        assert!(COMMON.lines().all(is_listed));
        for word in ["", "\n", "a", "zzzzzzzzzzzz", "~", "password\n"] {
            assert!(!is_listed(word), "{word:?}");
        }
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for password in [
            "password",
            "Password",
            "PASSWORD1",
            "p4ssw0rd",
            "P@ssw0rd!",
            "iloveyou",
            "qwertyuiop",
            "1q2w3e4r",
            "sunshine2024",
            "!dragon!99",
            "baseball",
            "letmein123",
            "m0nkey12",
        ] {
            let found = weakness(password, &[]);
            assert_eq!(
                found,
                Some("is one of those that are guessed first"),
                "{password}"
            );
        }
    }

    #[test]
    fn what_repeats_or_counts_is_refused() {
        for password in [
            "aaaaaaaa",
            "abababab",
            "123123123",
            "wxyzwxyzwxyz",
            "12345678",
            "abcdefghijk",
            "987654321",
            "愛愛愛愛愛愛愛愛",
        ] {
            let found = weakness(password, &[]);
            assert_eq!(
                found,
                Some("must not be a repetition or a sequence"),
                "{password}"
            );
        }
    }

    #[test]
    fn what_is_known_of_the_account_is_refused() {
        for password in [
            "lovelace1815",
            "Ada.Lovelace",
            "selvedge2026",
            "example.com",
            "LOVELACE-ada",
            "ada.lovelace@example.com",
        ] {
            assert!(weakness(password, &ADA).is_some(), "{password}");
        }
        assert_eq!(weakness("lovelace1815", &[]), None);
    }

    #[test]
    fn everything_else_is_taken() {
        for password in [
            "correct horse battery staple",
            "пароль-на-русском",
            "lovelace likes engines",
            "monkey 84920175",
            "xk7vqpz2",
            "Tr0ub4dor&3",
            "愛は美しい花のようだ",
        ] {
            assert_eq!(weakness(password, &ADA), None, "{password}");
        }
    }
}
