//! Refresh tokens: what a client exchanges for its next access token, once.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::Result;

use crate::random::{self, Hash};

/// How long a token is good, and with it a session that is not used.
pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

const PREFIX: &str = "rt_";

/// A secret of 256 random bits. It is never shown but to its owner.
#[derive(Serialize, Deserialize)]
pub struct RefreshToken(String);

impl RefreshToken {
    /// Makes a token that nobody can guess.
    pub fn new() -> Result<Self> {
        random::secret(PREFIX).map(Self)
    }

    /// What the token is known by, whatever text a client sent in its place.
    pub fn hash(&self) -> Hash {
        random::hash(&self.0)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_again_by_its_hash_and_not_shown() {
        let token = RefreshToken::new().unwrap();
        assert!(token.0.starts_with("rt_"));
        assert_eq!(RefreshToken(token.0.clone()).hash(), token.hash());
        assert!(!format!("{token:?}").contains(&token.0));
    }
}
