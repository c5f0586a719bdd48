//! Peppers: secrets that go into every hash and are not in the database, so that who copies the database
//! alone can try no password at all (the secret value K of RFC 9106 section 3.1).
//!
//! A hash names the pepper it was made with by `keyid`. To rotate: make `password_pepper` the previous
//! one, set a new one, and hashes are made anew as people sign in. A hash whose pepper is neither lets
//! nobody in; whoever it is of resets the password.

use sha2::{Digest, Sha256};
use shared::{Problem, Result, variables};

/// In characters: what is shorter can be guessed from one hash and one known password.
const SHORTEST: usize = 32;
const ID_BYTES: usize = 6;

/// A pepper and what hashes call it.
pub struct Pepper {
    pub secret: Vec<u8>,
    pub id: Vec<u8>,
}

/// The peppers in use: none, one, or one and the one before it.
pub struct Peppers {
    current: Option<Pepper>,
    previous: Option<Pepper>,
}

impl Peppers {
    /// From the variables `password_pepper` and `password_pepper_previous`.
    pub async fn load() -> Result<Self> {
        Self::new(
            &variables::get("password_pepper").await?,
            &variables::get("password_pepper_previous").await?,
        )
    }

    /// An empty text is no pepper.
    pub fn new(current: &str, previous: &str) -> Result<Self> {
        Ok(Self {
            current: read(current)?,
            previous: read(previous)?,
        })
    }

    /// The one that new hashes are made with.
    pub fn current(&self) -> Option<&Pepper> {
        self.current.as_ref()
    }

    /// The one that hashes call `id`.
    pub fn named(&self, id: &[u8]) -> Option<&Pepper> {
        let both = [&self.current, &self.previous];
        both.into_iter().flatten().find(|pepper| pepper.id == id)
    }
}

fn read(text: &str) -> Result<Option<Pepper>> {
    match text.chars().count() {
        0 => Ok(None),
        SHORTEST.. => Ok(Some(Pepper {
            secret: text.as_bytes().to_vec(),
            id: Sha256::new_with_prefix("selvedge password pepper")
                .chain_update(text)
                .finalize()[..ID_BYTES]
                .to_vec(),
        })),
        _ => Err(Problem::internal(anyhow::anyhow!(
            "a password pepper must have at least {SHORTEST} characters"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pepper_is_known_by_its_id_and_is_long() {
        let (one, two) = ("1".repeat(32), "2".repeat(32));
        let peppers = Peppers::new(&two, &one).unwrap();
        let current = peppers.current().unwrap();
        assert_eq!(current.secret, two.as_bytes());
        assert_eq!(peppers.named(&current.id).unwrap().secret, two.as_bytes());
        let before = Peppers::new(&one, "").unwrap();
        let id = &before.current().unwrap().id;
        assert_eq!(peppers.named(id).unwrap().secret, one.as_bytes());
        assert!(before.named(&current.id).is_none());
        assert!(Peppers::new(&"1".repeat(31), "").is_err());
        assert!(Peppers::new("", "").unwrap().current().is_none());
    }
}
