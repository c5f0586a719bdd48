//! Refresh tokens: what a client exchanges for its next access token, once.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use shared::{Result, Timestamp};

use crate::random::{self, Hash};

/// How long a token is good, and with it a session that is not used.
pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// For how long after its exchange a token gets one more successor: two tabs of a browser may refresh
/// at once, and an answer may be lost on its way. Of two successors the one used first makes the
/// other a token that was exchanged, so that a thief who is this fast is noticed one refresh later.
const GRACE: Duration = Duration::from_secs(10);

const PREFIX: &str = "rt_";

/// A secret of 256 random bits. It is never shown but to its owner.
#[derive(Clone, Serialize, Deserialize)]
pub struct RefreshToken(String);

impl RefreshToken {
    /// Makes a token that nobody can guess.
    pub fn new() -> Result<Self> {
        random::secret(PREFIX).map(Self)
    }

    /// Its random bits under another prefix, for a secret that is given out in its stead.
    pub fn replaced_by(self, prefix: &str) -> String {
        let bits = self.0.strip_prefix(PREFIX).unwrap_or(&self.0);
        format!("{prefix}{bits}")
    }

    /// What a client sent in the place of one.
    pub fn of(text: String) -> Self {
        Self(text)
    }

    /// The secret itself, for its owner.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Another secret, that whoever is given this one is given once besides; neither tells the other.
    pub fn device_token(&self) -> String {
        let secret = random::hash(&format!("device {}", self.0));
        format!("dv_{}", URL_SAFE_NO_PAD.encode(secret))
    }

    /// What the token is known by, whatever text a client sent in its place.
    pub fn hash(&self) -> Hash {
        random::hash(&self.0)
    }
}

/// Where in its session a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody exchanged it, nor another of its generation.
    Good,
    /// It was exchanged a moment ago.
    JustExchanged,
    /// It was exchanged, and whoever did had the successor long since.
    Copied,
}

impl Standing {
    /// Of a token that is so many generations `behind` the current one, which began at `rotated_at`.
    pub fn of(behind: i64, rotated_at: Timestamp, now: Timestamp) -> Self {
        match behind {
            0 => Self::Good,
            1 if now < rotated_at.plus(GRACE) => Self::JustExchanged,
            _ => Self::Copied,
        }
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
    fn one_generation_behind_is_forgiven_for_ten_seconds_and_two_never() {
        let rotated_at = Timestamp::from_millis(1_000_000);
        let standing = |behind, millis| {
            let now = rotated_at.plus(Duration::from_millis(millis));
            Standing::of(behind, rotated_at, now)
        };
        assert_eq!(standing(0, 1_000_000), Standing::Good);
        assert_eq!(standing(1, 9_999), Standing::JustExchanged);
        assert_eq!(standing(1, 10_000), Standing::Copied);
        assert_eq!(standing(2, 0), Standing::Copied);
        assert_eq!(standing(-1, 0), Standing::Copied);
    }

    #[test]
    fn a_token_is_known_again_by_its_hash_and_not_shown() {
        let token = RefreshToken::new().unwrap();
        assert!(token.0.starts_with("rt_"));
        assert_eq!(RefreshToken(token.0.clone()).hash(), token.hash());
        assert!(!format!("{token:?}").contains(&token.0));
    }
}
