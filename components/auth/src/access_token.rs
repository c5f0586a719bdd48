//! Access tokens: what a client shows with each request. Short-lived, since nobody can take one back.

use std::time::Duration;

use jwt_compact::alg::Ed25519;
use jwt_compact::{AlgorithmExt, Header};
use serde::Serialize;
use shared::{Problem, Result, SessionId, Timestamp, UserId};

use crate::signing_key::SigningKey;

/// How long a token is good.
pub const LIFETIME: Duration = Duration::from_secs(15 * 60);

shared::id!(
    /// A token, so that two made at the same time differ.
    TokenId, "tok"
);

/// What a token says, RFC 7519 section 4.
#[derive(Debug, Serialize)]
pub struct Claims<'a> {
    iss: &'a str,
    sub: UserId,
    aud: &'a str,
    exp: i64,
    iat: i64,
    jti: TokenId,
    sid: SessionId,
    email: &'a str,
    roles: &'a [String],
}

/// Whom a token is about.
pub struct Subject<'a> {
    pub user: UserId,
    pub session: SessionId,
    pub email: &'a str,
    pub roles: &'a [String],
}

impl<'a> Claims<'a> {
    /// The claims of a token made at `now`.
    pub fn new(issuer: &'a str, audience: &'a str, subject: &Subject<'a>, now: Timestamp) -> Self {
        Self {
            iss: issuer,
            sub: subject.user,
            aud: audience,
            exp: now.plus(LIFETIME).as_seconds(),
            iat: now.as_seconds(),
            jti: TokenId::new(),
            sid: subject.session,
            email: subject.email,
            roles: subject.roles,
        }
    }

    /// The token, in its compact form.
    pub fn sign(&self, key: &SigningKey) -> Result<String> {
        let header = Header::empty()
            .with_key_id(key.id.as_str())
            .with_token_type("JWT");
        Ed25519
            .token(&header, &jwt_compact::Claims::new(self), &key.secret)
            .map_err(|error| Problem::internal(anyhow::anyhow!("sign a token: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use jwt_compact::{Token, UntrustedToken};
    use serde_json::Value;

    use super::*;

    const NOW: i64 = 1_763_838_062;

    fn key() -> SigningKey {
        SigningKey {
            id: "k".into(),
            secret: ed25519_dalek::SigningKey::from_bytes(&[7; 32]),
        }
    }

    fn sign(key: &SigningKey) -> (Subject<'static>, String) {
        let subject = Subject {
            user: UserId::new(),
            session: SessionId::new(),
            email: "Ada@example.com",
            roles: &[],
        };
        let now = Timestamp::from_millis(NOW * 1000 + 999);
        let token = Claims::new("selvedge", "app", &subject, now).sign(key);
        (subject, token.unwrap())
    }

    #[test]
    fn a_token_says_who_for_whom_and_until_when() {
        let key = key();
        let (subject, token) = sign(&key);
        let token = UntrustedToken::new(&token).unwrap();
        assert_eq!(token.algorithm(), "EdDSA");
        assert_eq!(token.header().key_id.as_deref(), Some("k"));
        assert_eq!(token.header().token_type.as_deref(), Some("JWT"));

        let public = key.secret.verifying_key();
        let token: Token<Value> = Ed25519.validator(&public).validate(&token).unwrap();
        let (_, claims) = token.into_parts();
        let times = [claims.issued_at, claims.expiration].map(|time| time.unwrap().timestamp());
        assert_eq!(times, [NOW, NOW + 15 * 60]);
        assert_eq!(claims.custom["iss"], "selvedge");
        assert_eq!(claims.custom["aud"], "app");
        assert_eq!(claims.custom["sub"], subject.user.to_string());
        assert_eq!(claims.custom["sid"], subject.session.to_string());
        assert_eq!(claims.custom["email"], "Ada@example.com");
        assert_eq!(claims.custom["roles"], serde_json::json!([]));
    }

    #[test]
    fn two_tokens_are_never_the_same() {
        assert_ne!(sign(&key()).1, sign(&key()).1);
    }
}
