//! The issuer's public keys, and when to ask for them (again).
//!
//! The rules withstand two attackers. One sends tokens with key ids of his invention: an unknown id
//! asks the issuer at most once in [`AFTER_SUCCESS`], whoever asks. The other does so to keep a new key
//! from being learnt: the same span is the longest that takes. And where the issuer cannot be
//! reached, keys that are known serve on for [`MAX_STALE`], so that its outage is not everyone's.

use std::time::{Duration, Instant};

use jwt_compact::jwk::JsonWebKey;
use serde::Deserialize;

use crate::token::Key;

/// How long to leave the issuer alone after it gave its keys.
const AFTER_SUCCESS: Duration = Duration::from_secs(5);
/// How long to leave the issuer alone after it failed to.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// When keys are asked for again although the one needed is known: it may have been withdrawn.
const MAX_AGE: Duration = Duration::from_secs(300);
/// When keys are no longer used if the issuer does not answer.
const MAX_STALE: Duration = Duration::from_secs(3600);
/// More keys than this no issuer needs; what comes after is not read.
const MAX_KEYS: usize = 32;

/// The keys of one answer of the issuer, by their ids.
#[derive(Debug, Default, PartialEq)]
pub struct Keys(Vec<(String, Key)>);

/// The keys known, and what was tried to know them.
pub struct KeySet {
    keys: Keys,
    fetched: Option<Instant>,
    rest_until: Option<Instant>,
    fetching: bool,
}

/// What to do for a token that names a key.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Verify with this key.
    Use(Key),
    /// Ask the issuer, then look again.
    Fetch,
    /// Another request is asking; look again soon.
    Wait,
    /// The issuer has no such key.
    Unknown,
    /// The issuer gave no keys.
    Unavailable,
}

impl KeySet {
    /// Knows no keys yet.
    pub const fn new() -> Self {
        Self {
            keys: Keys(Vec::new()),
            fetched: None,
            rest_until: None,
            fetching: false,
        }
    }

    /// What to do at `now` for a token that names this key.
    pub fn step(&self, key_id: &str, now: Instant) -> Step {
        let age = self
            .fetched
            .map(|fetched| now.saturating_duration_since(fetched));
        let is_younger = |limit| age.is_some_and(|age| age < limit);
        let rested = self.rest_until.is_none_or(|until| now >= until);
        let key = self.keys.find(key_id).filter(|_| is_younger(MAX_STALE));
        match key {
            Some(key) if is_younger(MAX_AGE) || self.fetching || !rested => Step::Use(*key),
            _ if self.fetching => Step::Wait,
            _ if rested => Step::Fetch,
            _ if is_younger(MAX_STALE) => Step::Unknown,
            _ => Step::Unavailable,
        }
    }

    /// The issuer withdrew a key: it is asked before any is used again.
    pub fn distrust(&mut self) {
        self.fetched = None;
        self.rest_until = None;
    }

    /// From here until [`finish`](Self::finish) nobody else asks.
    pub fn begin(&mut self) {
        self.fetching = true;
    }

    /// The issuer's answer, `None` where it gave none.
    pub fn finish(&mut self, keys: Option<Keys>, now: Instant) {
        self.fetching = false;
        let rest = match keys {
            Some(keys) => {
                self.keys = keys;
                self.fetched = Some(now);
                AFTER_SUCCESS
            }
            None => AFTER_FAILURE,
        };
        self.rest_until = Some(now + rest);
    }

    /// Counts as a failure a fetch that was begun and never finished.
    pub fn abandon(&mut self, now: Instant) {
        if self.fetching {
            self.finish(None, now);
        }
    }
}

impl Keys {
    /// Reads a JSON Web Key Set (RFC 7517). Keys of other kinds and for other uses are passed over,
    /// as section 5 there asks; a text that is no key set is `None`.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let set: Document = serde_json::from_slice(json).ok()?;
        let keys = set.keys.into_iter().filter_map(read_key);
        Some(Self(keys.take(MAX_KEYS).collect()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, key_id: &str) -> Option<&Key> {
        let (_, key) = self.0.iter().find(|(id, _)| id == key_id)?;
        Some(key)
    }
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Purpose {
    kid: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
}

fn read_key(json: serde_json::Value) -> Option<(String, Key)> {
    let purpose = Purpose::deserialize(&json).ok()?;
    let signs = purpose.usage.is_none_or(|usage| usage == "sig");
    let key = Key::read(&JsonWebKey::deserialize(&json).ok()?)?;
    let is_of_its_algorithm = purpose.alg.is_none_or(|alg| alg == key.algorithm());
    (signs && is_of_its_algorithm).then_some((purpose.kid, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8037, appendix A.2.
    const JWKS: &str = r#"{"keys": [
        {"kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB"},
        {"kty": "OKP", "crv": "X25519", "kid": "x", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty": "OKP", "crv": "Ed25519", "kid": "e", "use": "enc", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty": "OKP", "crv": "Ed25519", "kid": "w", "x": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty": "OKP", "crv": "Ed25519", "kid": "k", "use": "sig", "alg": "EdDSA",
         "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty": "EC", "crv": "P-256", "kid": "p", "alg": "ES256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
         "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        {"kty": "EC", "crv": "P-256", "kid": "c", "alg": "EdDSA", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
         "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        {"kty": "EC", "crv": "P-256", "kid": "off-the-curve", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
         "y": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
        "what is this"
    ]}"#;

    fn keys() -> Keys {
        Keys::parse(JWKS.as_bytes()).unwrap()
    }

    fn known(at: Instant) -> KeySet {
        let mut set = KeySet::new();
        set.begin();
        set.finish(Some(keys()), at);
        set
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn only_keys_that_verify_our_signatures_are_read() {
        let ids: Vec<_> = keys().0.into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["k", "p"]);
    }

    #[test]
    fn what_is_no_key_set_is_no_answer() {
        for text in ["", "{}", "[]", "<html>", r#"{"keys": 1}"#] {
            assert_eq!(Keys::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_first_token_fetches_and_others_wait_meanwhile() {
        let now = Instant::now();
        let mut set = KeySet::new();
        assert_eq!(set.step("k", now), Step::Fetch);
        set.begin();
        assert_eq!(set.step("k", now), Step::Wait);
        set.finish(Some(keys()), now);
        assert!(matches!(set.step("k", now), Step::Use(_)));
    }

    #[test]
    fn forged_key_ids_do_not_hammer_the_issuer() {
        let now = Instant::now();
        let set = known(now);
        assert_eq!(set.step("forged", now), Step::Unknown);
        assert_eq!(set.step("forged", now + seconds(4)), Step::Unknown);
    }

    #[test]
    fn a_new_key_is_learnt_within_seconds_whatever_was_forged() {
        let now = Instant::now();
        assert_eq!(known(now).step("new", now + AFTER_SUCCESS), Step::Fetch);
    }

    #[test]
    fn a_withdrawn_key_is_noticed() {
        let now = Instant::now();
        let mut set = known(now);
        assert_eq!(set.step("k", now + MAX_AGE), Step::Fetch);
        set.begin();
        assert!(matches!(set.step("k", now + MAX_AGE), Step::Use(_)));
        set.finish(Some(Keys::default()), now + MAX_AGE);
        assert_eq!(set.step("k", now + MAX_AGE), Step::Unknown);
    }

    #[test]
    fn known_keys_outlive_an_outage_but_not_for_ever() {
        let now = Instant::now();
        let mut set = known(now);
        set.begin();
        set.finish(None, now + MAX_AGE);
        assert!(matches!(set.step("k", now + MAX_AGE), Step::Use(_)));
        assert_eq!(set.step("k", now + MAX_STALE), Step::Fetch);
        set.begin();
        set.finish(None, now + MAX_STALE);
        assert_eq!(set.step("k", now + MAX_STALE), Step::Unavailable);
    }

    #[test]
    fn an_issuer_that_failed_is_asked_again_after_a_second() {
        let now = Instant::now();
        let mut set = KeySet::new();
        set.begin();
        set.finish(None, now);
        assert_eq!(set.step("k", now), Step::Unavailable);
        assert_eq!(set.step("k", now + AFTER_FAILURE), Step::Fetch);
    }

    #[test]
    fn a_fetch_that_was_cancelled_does_not_keep_others_waiting() {
        let now = Instant::now();
        let mut set = KeySet::new();
        set.begin();
        set.abandon(now);
        assert_eq!(set.step("k", now + AFTER_FAILURE), Step::Fetch);
    }

    #[test]
    fn a_fetch_that_was_finished_cannot_be_abandoned() {
        let now = Instant::now();
        let mut set = known(now);
        set.abandon(now);
        assert!(matches!(set.step("k", now), Step::Use(_)));
    }
}
