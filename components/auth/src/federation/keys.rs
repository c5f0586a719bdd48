//! A provider's public keys. Each says by what it is which algorithm it is for; a token has no say in that.

use jwt_compact::alg::{Ed25519, Es256, Rsa, RsaPublicKey, StrongAlg, StrongKey};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{Algorithm, AlgorithmExt, Claims, UntrustedToken};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// More keys than this no provider needs; what comes after is not read.
const MAX_KEYS: usize = 64;

const RS256: StrongAlg<Rsa> = StrongAlg(Rsa::rs256());

/// A key that verifies signatures.
pub enum Key {
    /// RS256, of 2048 bits or more.
    Rsa(StrongKey<RsaPublicKey>),
    /// ES256.
    P256(<Es256 as Algorithm>::VerifyingKey),
    /// EdDSA.
    Ed25519(<Ed25519 as Algorithm>::VerifyingKey),
}

impl Key {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// The claims, if the signature is this key's.
    pub fn verify<T: DeserializeOwned, H: Clone>(
        &self,
        token: &UntrustedToken<H>,
    ) -> Option<Claims<T>> {
        // `validate` refuses what names another algorithm.
        match self {
            Self::Rsa(key) => claims(&RS256, key, token),
            Self::P256(key) => claims(&Es256, key, token),
            Self::Ed25519(key) => claims(&Ed25519, key, token),
        }
    }
}

fn claims<A: Algorithm, T: DeserializeOwned, H: Clone>(
    algorithm: &A,
    key: &A::VerifyingKey,
    token: &UntrustedToken<H>,
) -> Option<Claims<T>> {
    let token = algorithm.validator(key).validate(token).ok()?;
    Some(token.into_parts().1)
}

/// The keys of one provider.
#[derive(Default)]
pub struct Keys(Vec<(Option<String>, Key)>);

impl Keys {
    /// Reads a JSON Web Key Set (RFC 7517); keys of other kinds and for other uses are passed over. `None` where the
    /// text is no key set.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let set: Document = serde_json::from_slice(json).ok()?;
        let keys = set.keys.into_iter().filter_map(read);
        Some(Self(keys.take(MAX_KEYS).collect()))
    }

    /// The key with this id and for this algorithm; without an id, the only one there is (OpenID Connect Core,
    /// section 10.1).
    pub fn find(&self, id: Option<&str>, algorithm: &str) -> Option<&Key> {
        let fits = |key: &&(Option<String>, Key)| {
            key.1.algorithm() == algorithm && (id.is_none() || key.0.as_deref() == id)
        };
        let mut found = self.0.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some((_, key)), None) => Some(key),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Purpose {
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
}

fn read(json: serde_json::Value) -> Option<(Option<String>, Key)> {
    let purpose = Purpose::deserialize(&json).ok()?;
    let jwk = JsonWebKey::deserialize(&json).ok()?;
    let key = match &jwk {
        JsonWebKey::Rsa { .. } => Key::Rsa(RsaPublicKey::try_from(&jwk).ok()?.try_into().ok()?),
        JsonWebKey::EllipticCurve { .. } => Key::P256((&jwk).try_into().ok()?),
        JsonWebKey::KeyPair { .. } => {
            let key: ed25519_dalek::VerifyingKey = (&jwk).try_into().ok()?;
            (!key.is_weak()).then_some(Key::Ed25519(key))?
        }
        _ => return None,
    };
    let signs = purpose.usage.is_none_or(|usage| usage == "sig")
        && purpose.alg.is_none_or(|alg| alg == key.algorithm());
    signs.then_some((purpose.kid, key))
}
