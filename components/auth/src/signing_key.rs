//! A key that access tokens are signed with: Ed25519, or P-256 where somebody who verifies them knows nothing else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek as dalek;
use jwt_compact::alg::{Ed25519, Es256};
use jwt_compact::{AlgorithmExt, Header};
use p256::ecdsa;
use serde::Serialize;
use sha2::{Digest, Sha256};
use shared::{Problem, Result};

use crate::random;

/// How a key signs, RFC 7518 section 3.1 and RFC 8037 section 3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    EdDsa,
    Es256,
}

impl Algorithm {
    /// The one of this name.
    pub fn named(name: &str) -> Result<Self> {
        let known = [Self::EdDsa, Self::Es256];
        let found = known.into_iter().find(|known| known.name() == name);
        found.ok_or_else(|| internal(format!("there is no signing algorithm {name}")))
    }

    /// As tokens and keys name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
        }
    }
}

/// A key and the id it is known by.
pub struct SigningKey {
    /// The public key's thumbprint, RFC 7638.
    pub id: String,
    secret: Secret,
}

enum Secret {
    Ed25519(dalek::SigningKey),
    P256(ecdsa::SigningKey),
}

/// A public key, as a JSON Web Key (RFC 7518 section 6.2, RFC 8037 section 2).
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    kty: &'static str,
    crv: &'static str,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    kid: String,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
}

impl SigningKey {
    /// Makes a key that nobody can guess, and the secret it is read from again.
    pub fn make(algorithm: Algorithm) -> Result<(Self, [u8; 32])> {
        loop {
            let secret = random::bytes()?;
            // Of all numbers of 256 bits one in four billion is no key of P-256.
            if let Ok(key) = Self::read(algorithm, &secret) {
                return Ok((key, secret));
            }
        }
    }

    /// Reads a key from its secret: a seed of Ed25519, or a scalar of P-256.
    pub fn read(algorithm: Algorithm, secret: &[u8]) -> Result<Self> {
        let wrong = || internal("a signing key is not of its algorithm".to_owned());
        let secret = match algorithm {
            Algorithm::EdDsa => {
                let seed = secret.try_into().map_err(|_| wrong())?;
                Secret::Ed25519(dalek::SigningKey::from_bytes(seed))
            }
            Algorithm::Es256 => {
                Secret::P256(ecdsa::SigningKey::from_slice(secret).map_err(|_| wrong())?)
            }
        };
        let id = thumbprint(&secret);
        Ok(Self { id, secret })
    }

    /// A token with these claims, in its compact form. `kind` is its type, as `JWT`.
    pub fn sign(&self, kind: &str, claims: &impl Serialize) -> Result<String> {
        let header = Header::empty()
            .with_key_id(self.id.as_str())
            .with_token_type(kind);
        let claims = jwt_compact::Claims::new(claims);
        match &self.secret {
            Secret::Ed25519(key) => Ed25519.token(&header, &claims, key),
            Secret::P256(key) => Es256.token(&header, &claims, key),
        }
        .map_err(|error| internal(format!("sign a token: {error}")))
    }

    /// The public half.
    pub fn to_public(&self) -> PublicKey {
        let (x, y) = coordinates(&self.secret);
        let (kty, crv, algorithm) = match self.secret {
            Secret::Ed25519(_) => ("OKP", "Ed25519", Algorithm::EdDsa),
            Secret::P256(_) => ("EC", "P-256", Algorithm::Es256),
        };
        PublicKey {
            kty,
            crv,
            x,
            y,
            kid: self.id.clone(),
            usage: "sig",
            alg: algorithm.name(),
        }
    }
}

/// In base64url, as keys are published.
fn coordinates(secret: &Secret) -> (String, Option<String>) {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    match secret {
        Secret::Ed25519(key) => (encode(key.verifying_key().as_bytes()), None),
        Secret::P256(key) => {
            // SEC 1 section 2.3.3: a byte that says so, and both coordinates.
            let point = key.verifying_key().to_encoded_point(false);
            let (x, y) = point.as_bytes()[1..].split_at(32);
            (encode(x), Some(encode(y)))
        }
    }
}

/// RFC 7638 section 3, with the members that it and RFC 8037 section 2 require, in their order.
fn thumbprint(secret: &Secret) -> String {
    let members = match coordinates(secret) {
        (x, None) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
        (x, Some(y)) => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
    };
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

fn internal(message: String) -> Problem {
    Problem::internal(anyhow::anyhow!(message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(algorithm: Algorithm, secret: &str) -> SigningKey {
        SigningKey::read(algorithm, &URL_SAFE_NO_PAD.decode(secret).unwrap()).unwrap()
    }

    #[test]
    fn a_key_of_ed25519_is_published_as_rfc_8037_appendix_a_shows_it() {
        let key = read(
            Algorithm::EdDsa,
            "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        );
        assert_eq!(
            serde_json::to_value(key.to_public()).unwrap(),
            json!({
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
    fn a_key_of_p256_is_published_as_rfc_7515_appendix_a_3_shows_it() {
        let key = read(
            Algorithm::Es256,
            "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
        );
        let published = serde_json::to_value(key.to_public()).unwrap();
        assert_eq!(
            published["x"],
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
        );
        assert_eq!(
            published["y"],
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
        );
        assert_eq!(
            (&published["kty"], &published["crv"], &published["alg"]),
            (&json!("EC"), &json!("P-256"), &json!("ES256"))
        );
    }

    #[test]
    fn a_key_signs_by_its_algorithm_and_under_its_name() {
        for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
            let (key, secret) = SigningKey::make(algorithm).unwrap();
            let token = key.sign("JWT", &json!({"sub": "usr_1"})).unwrap();
            let token = jwt_compact::UntrustedToken::new(&token).unwrap();
            assert_eq!(token.algorithm(), algorithm.name());
            assert_eq!(token.header().key_id.as_ref(), Some(&key.id));
            assert_eq!(SigningKey::read(algorithm, &secret).unwrap().id, key.id);
            assert_eq!(Algorithm::named(algorithm.name()).unwrap(), algorithm);
        }
        assert!(Algorithm::named("none").is_err());
    }

    #[test]
    fn what_is_no_secret_of_its_algorithm_is_a_fault_of_ours() {
        for (algorithm, secret) in [
            (Algorithm::EdDsa, vec![1, 2, 3]),
            (Algorithm::Es256, vec![1, 2, 3]),
            (Algorithm::Es256, vec![0; 32]),
            (Algorithm::Es256, vec![255; 32]),
        ] {
            let problem = SigningKey::read(algorithm, &secret).err().unwrap();
            assert_eq!(problem.status(), http::StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}
