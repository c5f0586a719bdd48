//! The key that access tokens are signed with: Ed25519, one in the whole application.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek as dalek;
use serde::Serialize;
use sha2::{Digest, Sha256};
use shared::{Problem, Result, Timestamp};

use crate::random;
use crate::store::signing_keys::{self, StoredKey};

/// A key and the id it is known by.
pub struct SigningKey {
    /// The public key's thumbprint, RFC 7638.
    pub id: String,
    pub secret: dalek::SigningKey,
}

/// A public key, as a JSON Web Key (RFC 8037 section 2).
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    kty: &'static str,
    crv: &'static str,
    x: String,
    kid: String,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
}

static CURRENT: OnceLock<SigningKey> = OnceLock::new();

/// The key that signs, made when it is first needed. Of several instances that make one at the same
/// time, one is stored, and all use that one.
pub fn current(now: Timestamp) -> Result<&'static SigningKey> {
    if let Some(key) = CURRENT.get() {
        return Ok(key);
    }
    let stored = match signing_keys::current()? {
        Some(stored) => stored,
        None => {
            let seed = random::bytes()?;
            let proposed = SigningKey::from_seed(&seed);
            signing_keys::propose(&proposed.id, &seed, now)?;
            signing_keys::current()?
                .ok_or_else(|| Problem::internal(anyhow::anyhow!("no signing key was stored")))?
        }
    };
    let key = SigningKey::read(&stored)?;
    Ok(CURRENT.get_or_init(|| key))
}

/// The public half of every key whose tokens are good.
pub fn published() -> Result<Vec<PublicKey>> {
    signing_keys::all()?
        .iter()
        .map(|stored| Ok(SigningKey::read(stored)?.to_public()))
        .collect()
}

impl SigningKey {
    fn from_seed(seed: &[u8; 32]) -> Self {
        let secret = dalek::SigningKey::from_bytes(seed);
        Self {
            id: thumbprint(&secret.verifying_key()),
            secret,
        }
    }

    fn read(stored: &StoredKey) -> Result<Self> {
        let seed = stored.seed.as_slice().try_into();
        let seed = seed.map_err(|_| {
            Problem::internal(anyhow::anyhow!("signing key {} has no seed", stored.id))
        })?;
        Ok(Self::from_seed(seed))
    }

    fn to_public(&self) -> PublicKey {
        PublicKey {
            kty: "OKP",
            crv: "Ed25519",
            x: coordinate(&self.secret.verifying_key()),
            kid: self.id.clone(),
            usage: "sig",
            alg: "EdDSA",
        }
    }
}

fn coordinate(key: &dalek::VerifyingKey) -> String {
    URL_SAFE_NO_PAD.encode(key.as_bytes())
}

/// RFC 7638 section 3, with the members that RFC 8037 section 2 requires.
fn thumbprint(key: &dalek::VerifyingKey) -> String {
    let members = format!(
        r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#,
        coordinate(key)
    );
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A.
    const SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

    #[test]
    fn a_key_is_published_as_the_rfc_shows_it() {
        let seed = URL_SAFE_NO_PAD.decode(SEED).unwrap();
        let key = SigningKey::from_seed(&seed.try_into().unwrap());
        assert_eq!(
            serde_json::to_value(key.to_public()).unwrap(),
            serde_json::json!({
                "kty": "OKP",
                "crv": "Ed25519",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
                "use": "sig",
                "alg": "EdDSA",
            })
        );
    }

    #[test]
    fn a_key_without_a_seed_is_a_fault_of_ours() {
        let stored = StoredKey {
            id: "k".into(),
            seed: vec![1, 2, 3],
        };
        let problem = SigningKey::read(&stored).err().unwrap();
        assert_eq!(problem.status(), http::StatusCode::INTERNAL_SERVER_ERROR);
    }
}
