//! The public half of a device's key: how it is read, stored, and verified with.

use std::borrow::Cow;

use ciborium::Value;
use ed25519_dalek as dalek;
use jwt_compact::alg::{Rsa, RsaPublicKey, StrongKey};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{Algorithm, AlgorithmSignature};
use p256::ecdsa;
use p256::ecdsa::signature::Verifier;

use super::{Refusal, Result};

/// ECDSA on P-256 with SHA-256, as COSE (RFC 9053) numbers it.
const ES256: i64 = -7;
const EDDSA: i64 = -8;
/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8812): all that some computers' TPMs know, and so Windows Hello on them.
const RS256: i64 = -257;
/// The public exponent of every device's RSA key; another one is none.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// What we can verify; most wanted first.
pub const ALGORITHMS: [i64; 3] = [EDDSA, ES256, RS256];

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    Es256(ecdsa::VerifyingKey),
    EdDsa(dalek::VerifyingKey),
    Rs256(RsaPublicKey),
}

impl PublicKey {
    /// Reads a COSE key, RFC 9052 section 7, RFC 9053 section 7 and RFC 8230 section 4.
    pub fn from_cose(key: &Value) -> Result<Self> {
        let map = key.as_map().ok_or(Refusal("the key is no map"))?;
        let get = |label: i64| {
            let label = Value::from(label);
            map.iter()
                .find(|(name, _)| *name == label)
                .map(|(_, value)| value)
        };
        let number = |label| {
            let integer = get(label).and_then(Value::as_integer);
            integer.and_then(|integer| i64::try_from(integer).ok())
        };
        let bytes = |label| get(label).and_then(Value::as_bytes);
        let shape = (number(1), number(3), number(-1));
        match (shape, bytes(-2), bytes(-3)) {
            ((Some(2), Some(ES256), Some(1)), Some(x), Some(y))
                if x.len() == 32 && y.len() == 32 =>
            {
                Self::from_bytes(ES256, &[&[4], &x[..], &y[..]].concat())
            }
            ((Some(1), Some(EDDSA), Some(6)), Some(x), _) => Self::from_bytes(EDDSA, x),
            ((Some(3), Some(RS256), None), Some(exponent), _) if *exponent == EXPONENT => {
                let modulus = bytes(-1).map(Vec::as_slice).unwrap_or_default();
                Self::from_bytes(RS256, modulus)
            }
            _ => Err(Refusal("the key is of a kind that is not known here")),
        }
    }

    /// Reads one that was stored.
    pub fn from_bytes(algorithm: i64, bytes: &[u8]) -> Result<Self> {
        let key = match algorithm {
            ES256 => ecdsa::VerifyingKey::from_sec1_bytes(bytes)
                .ok()
                .map(Self::Es256),
            EDDSA => bytes
                .try_into()
                .ok()
                .and_then(|bytes| dalek::VerifyingKey::from_bytes(bytes).ok())
                .filter(|key| !key.is_weak())
                .map(Self::EdDsa),
            RS256 => rsa(bytes).map(Self::Rs256),
            _ => None,
        };
        key.ok_or(Refusal("the key is none"))
    }

    /// To be stored.
    pub fn to_bytes(&self) -> (i64, Vec<u8>) {
        match self {
            Self::Es256(key) => (ES256, key.to_encoded_point(false).as_bytes().to_vec()),
            Self::EdDsa(key) => (EDDSA, key.as_bytes().to_vec()),
            Self::Rs256(key) => (RS256, modulus(key)),
        }
    }

    /// Whether the key's owner signed this.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        let verified = match self {
            Self::Es256(key) => ecdsa::Signature::from_der(signature)
                .and_then(|signature| key.verify(message, &signature))
                .is_ok(),
            Self::EdDsa(key) => dalek::Signature::from_slice(signature)
                .and_then(|signature| key.verify_strict(message, &signature))
                .is_ok(),
            Self::Rs256(key) => <Rsa as Algorithm>::Signature::try_from_slice(signature)
                .is_ok_and(|signature| Rsa::rs256().verify_signature(&signature, key, message)),
        };
        if verified {
            Ok(())
        } else {
            Err(Refusal("the signature is wrong"))
        }
    }
}

/// The key with this modulus, if it has 2048, 3072 or 4096 bits.
fn rsa(modulus: &[u8]) -> Option<RsaPublicKey> {
    let key = JsonWebKey::Rsa {
        modulus: Cow::Borrowed(modulus),
        public_exponent: Cow::Borrowed(&EXPONENT),
        private_parts: None,
    };
    let key = RsaPublicKey::try_from(&key).ok()?;
    StrongKey::try_from(key).ok().map(StrongKey::into_inner)
}

fn modulus(key: &RsaPublicKey) -> Vec<u8> {
    match JsonWebKey::from(key) {
        JsonWebKey::Rsa { modulus, .. } => modulus.into_owned(),
        // An RSA key is none of the others.
        _ => Vec::new(),
    }
}
