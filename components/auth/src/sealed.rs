//! Secrets that must be read again, and so cannot be hashed: keys, seeds of codes. Sealed with a key that
//! is not in the database, so that a copy of the database opens none of them.

use std::io::Write;
use std::sync::OnceLock;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shared::{Problem, Result, variables};

use crate::random;

/// What the first byte of a sealed secret says of the rest.
const IN_THE_CLEAR: u8 = 0;
/// A nonce, and what AES-256-GCM (NIST SP 800-38D) makes of the secret.
const ENCRYPTED: u8 = 1;

/// In bytes.
const NONCE: usize = 12;

/// Seals secrets, and opens them again. Without a key secrets are kept as they are: an application
/// without any configuration runs, and says once that it should have one.
pub struct Sealer {
    /// The first one seals; every one of them opens, so that keys can be replaced.
    keys: Vec<Aes256Gcm>,
}

static SEALER: OnceLock<Sealer> = OnceLock::new();

impl Sealer {
    /// The one of this instance, with the keys in the variable `encryption_key`.
    pub async fn load() -> Result<&'static Self> {
        if let Some(sealer) = SEALER.get() {
            return Ok(sealer);
        }
        let sealer = Self::new(&variables::get("encryption_key").await?)?;
        if sealer.keys.is_empty() && SEALER.get().is_none() {
            warn("no encryption_key is set: secrets are stored in the clear");
        }
        Ok(SEALER.get_or_init(|| sealer))
    }

    /// With keys in base64, separated by space.
    fn new(keys: &str) -> Result<Self> {
        let key = |text: &str| {
            let bytes = STANDARD.decode(text).ok()?;
            Aes256Gcm::new_from_slice(&bytes).ok()
        };
        let keys: Option<Vec<_>> = keys.split_whitespace().map(key).collect();
        let keys = keys.ok_or_else(|| {
            internal("the variable encryption_key holds something other than 32 bytes in base64")
        })?;
        Ok(Self { keys })
    }

    /// The secret as it is stored. `context` says what it is and whose; it opens in no other.
    pub fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>> {
        let Some(key) = self.keys.first() else {
            return Ok([&[IN_THE_CLEAR], secret].concat());
        };
        let nonce = random::bytes::<NONCE>()?;
        let payload = Payload {
            msg: secret,
            aad: context.as_bytes(),
        };
        let encrypted = key
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| internal("a secret cannot be sealed"))?;
        Ok([&[ENCRYPTED], &nonce[..], &encrypted].concat())
    }

    /// The secret that was sealed in this context.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let opened = match sealed.split_first() {
            Some((&IN_THE_CLEAR, secret)) => Some(secret.to_vec()),
            Some((&ENCRYPTED, rest)) => self.decrypt(context, rest),
            _ => None,
        };
        opened.ok_or_else(|| {
            internal("a secret was changed, or sealed with a key that encryption_key does not hold")
        })
    }

    fn decrypt(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, encrypted) = sealed.split_first_chunk::<NONCE>()?;
        let nonce = Nonce::from(*nonce);
        let aad = context.as_bytes();
        let open = |key: &Aes256Gcm| {
            let payload = Payload {
                msg: encrypted,
                aad,
            };
            key.decrypt(&nonce, payload).ok()
        };
        self.keys.iter().find_map(open)
    }
}

fn internal(message: &'static str) -> Problem {
    Problem::internal(anyhow::anyhow!(message))
}

fn warn(message: &str) {
    let line = serde_json::json!({"level": "warn", "component": "auth", "message": message});
    // In one write, so that lines do not mix.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const OTHER: &str = "/////////////////////////////////////////w8=";

    fn sealer(keys: &str) -> Sealer {
        Sealer::new(keys).unwrap()
    }

    #[test]
    fn a_secret_opens_in_its_own_context_only() {
        let sealer = sealer(KEY);
        let sealed = sealer.seal("totp usr_1", b"secret").unwrap();
        assert_eq!(sealer.open("totp usr_1", &sealed).unwrap(), b"secret");
        assert!(sealer.open("totp usr_2", &sealed).is_err());
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn the_same_secret_is_never_sealed_the_same() {
        let sealer = sealer(KEY);
        assert_ne!(
            sealer.seal("", b"x").unwrap(),
            sealer.seal("", b"x").unwrap()
        );
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let sealer = sealer(KEY);
        let sealed = sealer.seal("", b"secret").unwrap();
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 2;
            assert!(sealer.open("", &changed).is_err(), "{index}");
            assert!(sealer.open("", &sealed[..index]).is_err(), "{index}");
        }
    }

    #[test]
    fn keys_are_replaced_by_putting_the_new_one_first() {
        let old = sealer(KEY).seal("", b"secret").unwrap();
        assert!(sealer(OTHER).open("", &old).is_err());
        let both = sealer(&format!("{OTHER} {KEY}"));
        assert_eq!(both.open("", &old).unwrap(), b"secret");
        let new = both.seal("", b"secret").unwrap();
        assert_eq!(sealer(OTHER).open("", &new).unwrap(), b"secret");
    }

    #[test]
    fn what_was_stored_without_a_key_still_opens_once_there_is_one() {
        let clear = sealer("").seal("", b"secret").unwrap();
        assert_eq!(sealer(KEY).open("", &clear).unwrap(), b"secret");
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        for keys in ["x", "AAECAwQ=", &format!("{KEY} x")] {
            assert!(Sealer::new(keys).is_err(), "{keys}");
        }
    }
}
