//! Tokens signed with Ed25519, verified once and then remembered by their SHA-256, as `auth-guard` does.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use ed25519_dalek::SigningKey;
use jwt_compact::{AlgorithmExt as _, Claims, Header, UntrustedToken, alg::Ed25519};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A yardstick's key protects nothing.
const SEED: [u8; 32] = [7; 32];

/// In seconds.
const LIFETIME: i64 = 15 * 60;

/// Whom a token speaks for.
pub struct Caller {
    /// The user's id.
    pub user: String,
    /// In seconds since the Unix epoch.
    ends: i64,
}

#[derive(Serialize, Deserialize)]
struct Custom {
    iss: String,
    aud: String,
    sub: String,
    email: String,
    /// Written only: `jwt-compact` reads it itself.
    #[serde(skip_deserializing)]
    exp: i64,
}

/// Issues and verifies.
pub struct Tokens {
    key: SigningKey,
    verified: RwLock<HashMap<[u8; 32], Arc<Caller>>>,
}

impl Tokens {
    /// With nothing verified yet.
    pub fn new() -> Self {
        Self {
            key: SigningKey::from_bytes(&SEED),
            verified: RwLock::default(),
        }
    }

    /// A token for this user.
    pub fn issue(&self, user: &str, email: &str) -> String {
        let custom = Custom {
            iss: "selvedge".into(),
            aud: "selvedge".into(),
            sub: user.into(),
            email: email.into(),
            exp: now() + LIFETIME,
        };
        let claims = Claims::new(custom);
        let header = Header::empty().with_key_id("k").with_token_type("JWT");
        Ed25519
            .token(&header, &claims, &self.key)
            .expect("claims are JSON")
    }

    /// The caller of a request with these headers, if its token is good.
    pub fn verify(&self, headers: &HeaderMap) -> Option<Arc<Caller>> {
        let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let text = text.strip_prefix("Bearer ")?;
        let fingerprint = Sha256::digest(text).into();
        let known = self.verified.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(caller) = known.get(&fingerprint) {
            return (now() < caller.ends).then(|| Arc::clone(caller));
        }
        drop(known);

        let token = UntrustedToken::new(text).ok()?;
        let token = Ed25519
            .validator::<Custom>(&self.key.verifying_key())
            .validate(&token)
            .ok()?;
        let claims = token.claims();
        let ends = claims.expiration?.timestamp();
        let is_ours = claims.custom.iss == "selvedge" && claims.custom.aud == "selvedge";
        if !is_ours || now() >= ends {
            return None;
        }
        let caller = Arc::new(Caller {
            user: claims.custom.sub.clone(),
            ends,
        });
        let mut known = self
            .verified
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        known.insert(fingerprint, Arc::clone(&caller));
        Some(caller)
    }
}

fn now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0, |duration| duration.as_secs() as i64)
}
