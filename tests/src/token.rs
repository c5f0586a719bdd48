//! Tokens as an attacker makes them: any header, any claims, signed by any key.

use std::path::Path;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ed25519_dalek::{Signer as _, SigningKey};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

/// A key to sign with, and the name it goes by.
pub struct Issuer {
    key: SigningKey,
    /// The key's id.
    pub kid: String,
}

impl Issuer {
    /// One that nobody has heard of, using a `kid` of its choice.
    pub fn stranger(kid: &str) -> Self {
        Self::new([42; 32], kid)
    }

    /// The application itself, its key read from the database below `state`: for tokens that are wrong in one thing
    /// only.
    pub fn of_application(state: &Path) -> Self {
        let file = state.join("sqlite/auth.db");
        let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .expect("auth has a database");
        // Without an encryption key secrets are stored as they are, after a byte that says so.
        let current = "SELECT secret, id FROM signing_keys ORDER BY signs_from DESC LIMIT 1";
        let key = database.query_row(current, [], |row| {
            Ok((row.get::<_, [u8; 33]>(0)?, row.get::<_, String>(1)?))
        });
        let (stored, kid) = key.expect("auth has signed something");
        let mut secret = [0; 32];
        secret.copy_from_slice(&stored[1..]);
        Self::new(secret, &kid)
    }

    /// One with this secret.
    pub fn new(secret: [u8; 32], kid: &str) -> Self {
        Self {
            key: SigningKey::from_bytes(&secret),
            kid: kid.to_owned(),
        }
    }

    /// The public half of the key, as a JSON Web Key (RFC 8037, section 2).
    pub fn jwk(&self) -> Value {
        let x = BASE64.encode(self.key.verifying_key().as_bytes());
        json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.kid, "use": "sig", "alg": "EdDSA"})
    }

    /// The header that the application's own tokens have.
    pub fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "JWT", "kid": self.kid})
    }

    /// A token with the usual header and these claims.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&self.header(), claims)
    }

    /// A token with this header and these claims. The signature is genuine, whatever the header says.
    pub fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64.encode(signature.to_bytes()))
    }
}

/// A part of a token.
pub fn encode(part: &Value) -> String {
    BASE64.encode(part.to_string())
}

/// The header of a token.
pub fn header(token: &str) -> Value {
    part(token, 0)
}

/// The claims of a token.
pub fn claims(token: &str) -> Value {
    part(token, 1)
}

fn part(token: &str, index: usize) -> Value {
    let part = token
        .split('.')
        .nth(index)
        .expect("a token has three parts");
    let bytes = BASE64.decode(part).expect("a token's parts are base64url");
    serde_json::from_slice(&bytes).expect("a token's parts are JSON")
}

/// The same token with one bit of its signature turned.
pub fn damaged(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').expect("a token has three parts");
    let mut signature = BASE64.decode(signature).expect("a signature is base64url");
    signature[0] ^= 1;
    format!("{signed}.{}", BASE64.encode(signature))
}
