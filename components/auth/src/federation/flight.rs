//! A browser's way to a provider and back. What it brings back is good in the browser that left and in no other:
//! else somebody could have a stranger's browser come back with an account that is not the stranger's.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use shared::Result;

use super::code_challenge;
use crate::random::{self, Hash};

/// How long people may take at the provider.
pub const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Two secrets, one that travels and one that stays, and whatever else is secret made of both: the database holds
/// none of it.
pub struct Flight {
    /// Goes with the browser and comes back, RFC 6749 section 10.12.
    pub state: String,
    /// Stays in the browser, in a cookie.
    pub browser: String,
}

impl Flight {
    /// Leaves with the browser's secret, or with a new one: two tabs may be on their way at once.
    pub fn depart(browser: Option<String>) -> Result<Self> {
        Ok(Self {
            state: random::secret("")?,
            browser: match browser {
                Some(browser) => browser,
                None => random::secret("")?,
            },
        })
    }

    /// What the flight is known by.
    pub fn hash(&self) -> Hash {
        random::hash(&self.derive("flight"))
    }

    /// RFC 7636 section 4.1.
    pub fn code_verifier(&self) -> String {
        self.derive("code_verifier")
    }

    /// What the provider holds until it sees the verifier.
    pub fn code_challenge(&self) -> String {
        code_challenge(&self.code_verifier())
    }

    /// What ties an ID token to this flight, OpenID Connect Core section 15.5.2.
    pub fn nonce(&self) -> String {
        self.derive("nonce")
    }

    fn derive(&self, use_: &str) -> String {
        let parts = [use_, &self.state, &self.browser];
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        URL_SAFE_NO_PAD.encode(digest.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flight(state: &str, browser: &str) -> Flight {
        Flight {
            state: state.into(),
            browser: browser.into(),
        }
    }

    #[test]
    fn a_flight_is_known_by_both_of_its_secrets() {
        let hash = flight("s", "b").hash();
        assert_eq!(flight("s", "b").hash(), hash);
        for other in [flight("s", "c"), flight("t", "b"), flight("sb", "")] {
            assert_ne!(other.hash(), hash);
        }
    }

    #[test]
    fn what_the_provider_sees_tells_nothing_of_the_rest() {
        let flight = flight("s", "b");
        let seen = [flight.nonce(), flight.code_challenge()];
        assert!(!seen.contains(&flight.code_verifier()));
        assert_eq!(flight.code_verifier().len(), 43);
    }

    #[test]
    fn a_browser_keeps_its_secret_and_no_state_repeats() {
        let one = Flight::depart(None).unwrap();
        let two = Flight::depart(Some(one.browser.clone())).unwrap();
        assert_eq!(one.browser, two.browser);
        assert_ne!(one.state, two.state);
        assert_ne!(one.code_verifier(), two.code_verifier());
    }
}
