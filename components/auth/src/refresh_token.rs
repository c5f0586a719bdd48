//! Refresh tokens: what a client exchanges for its next access token, once.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::{Problem, Result};

/// How long a token is good, and with it a session that is not used.
pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Lets scanners for leaked secrets know what they found.
const PREFIX: &str = "rt_";

/// A secret of 256 random bits. It is never shown but to its owner.
#[derive(Serialize, Deserialize)]
pub struct RefreshToken(String);

/// What a token is known by here: a copy of the database holds none that could be used. The token
/// has more bits than anybody can try, so its hash needs neither salt nor slowness.
pub type Hash = [u8; 32];

impl RefreshToken {
    /// Makes a token that nobody can guess.
    pub fn new() -> Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|error| Problem::internal(anyhow::anyhow!("random bytes: {error}")))?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret))))
    }

    /// What the token is known by, whatever text a client sent in its place.
    pub fn hash(&self) -> Hash {
        Sha256::digest(self.0.as_bytes()).into()
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
    fn a_token_is_a_prefix_and_256_bits_that_never_repeat() {
        let (one, two) = (RefreshToken::new().unwrap(), RefreshToken::new().unwrap());
        let secret = one.0.strip_prefix("rt_").unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(secret).unwrap().len(), 32);
        assert_ne!(one.0, two.0);
        assert_ne!(one.hash(), two.hash());
    }

    #[test]
    fn a_token_is_known_again_by_its_hash_and_not_shown() {
        let token = RefreshToken::new().unwrap();
        assert_eq!(RefreshToken(token.0.clone()).hash(), token.hash());
        assert!(!format!("{token:?}").contains(&token.0));
    }
}
