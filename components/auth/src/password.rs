//! Passwords: how long they are, and how they are kept.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::Deserialize;
use shared::{FieldError, Problem, Result};

/// In characters. The upper end is far beyond what people type, and bounds what is hashed.
const MIN: usize = 8;
const MAX: usize = 256;

/// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Verified against where there is no account, so that this takes as long as where there is one.
/// It is the hash of no password: the salt and the sum are zeros.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password in the clear, as a request brings it. It is never shown, not even to a log.
#[derive(Deserialize)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Password {
    /// Refuses a password that is no good for a new account.
    pub fn check(&self) -> Result<(), FieldError> {
        if (MIN..=MAX).contains(&self.0.chars().count()) {
            Ok(())
        } else {
            let message = format!("must have {MIN} to {MAX} characters");
            Err(FieldError::new("password", message))
        }
    }

    /// The password's salted hash, a PHC string. Takes tens of milliseconds, as it must; so never
    /// inside a transaction.
    pub fn hash(&self) -> Result<String> {
        let hash = argon2()?
            .hash_password(self.0.as_bytes())
            .map_err(|error| Problem::internal(anyhow::anyhow!("hash a password: {error}")))?;
        Ok(hash.to_string())
    }

    /// Whether this is the password that `hash` was made of. Takes the same time where there is none.
    pub fn is(&self, hash: Option<&str>) -> Result<bool> {
        let parsed = PasswordHash::new(hash.unwrap_or(NOBODY))
            .map_err(|error| Problem::internal(anyhow::anyhow!("read a hash: {error}")))?;
        let same = argon2()?.verify_password(self.0.as_bytes(), &parsed);
        Ok(hash.is_some() && same.is_ok())
    }
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| Problem::internal(anyhow::anyhow!("Argon2 parameters: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password(text.to_owned())
    }

    #[test]
    fn a_password_has_8_to_256_characters() {
        for text in ["eight ch", "愛愛愛愛愛愛愛愛", &"a".repeat(256)] {
            assert!(password(text).check().is_ok(), "{text}");
        }
        for text in ["", "seven c", "愛愛愛愛愛愛愛", &"a".repeat(257)] {
            assert!(password(text).check().is_err(), "{text}");
        }
    }

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let hash = password("correct horse").hash().unwrap();
        assert!(password("correct horse").is(Some(&hash)).unwrap());
        assert!(!password("Correct horse").is(Some(&hash)).unwrap());
        assert!(!password("").is(Some(&hash)).unwrap());
    }

    #[test]
    fn nobody_has_no_password_and_is_as_costly_to_ask_as_anybody() {
        assert!(!password("correct horse").is(None).unwrap());
        let somebody = password("correct horse").hash().unwrap();
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
        let hash = || password("correct horse").hash().unwrap();
        assert_ne!(hash(), hash());
    }

    #[test]
    fn a_password_is_not_shown() {
        assert!(!format!("{:?}", password("correct horse")).contains("horse"));
    }
}
