//! The rules of an access token: a JWT (RFC 7519) signed with Ed25519 or ECDSA on P-256, judged as RFC 8725 advises.

use std::rc::Rc;

use jwt_compact::alg::{Ed25519, Es256};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{Algorithm, AlgorithmExt, Token, UntrustedToken};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::identity::{Identity, Said, SaidOfOrganization};
use crate::refusal::Refusal;

/// The key that a token is verified with. A key verifies by its own algorithm only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Ed25519(ed25519_dalek::VerifyingKey),
    P256(p256::ecdsa::VerifyingKey),
}

impl Key {
    /// The key, if it is one of those that are understood, and hard to forge for.
    pub fn read(jwk: &JsonWebKey) -> Option<Self> {
        let ed25519 = ed25519_dalek::VerifyingKey::try_from(jwk);
        match ed25519 {
            Ok(key) => Some(Self::Ed25519(key)).filter(|_| !key.is_weak()),
            Err(_) => p256::ecdsa::VerifyingKey::try_from(jwk)
                .ok()
                .map(Self::P256),
        }
    }

    /// As tokens and keys name it, RFC 7518 section 3.1 and RFC 8037 section 3.1.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
        }
    }

    /// The token, if this key signed it.
    fn validate(
        &self,
        token: &UntrustedToken<'_, Extensions>,
    ) -> Option<Token<Claims, Extensions>> {
        let token = match self {
            Self::Ed25519(key) => Ed25519.validator::<Claims>(key).validate(token).ok()?,
            Self::P256(key) => Es256.validator::<Claims>(key).validate(token).ok()?,
        };
        Some(token)
    }
}

/// How far the issuer's clock may be from ours, in seconds.
const LEEWAY: i64 = 5;

const MAX_KEY_ID_BYTES: usize = 128;

/// Whose tokens for whom are taken.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Required in the claim `iss`.
    pub issuer: String,
    /// Required in, or among, the claim `aud`.
    pub audience: String,
}

/// A token that was read but not verified.
pub struct Unverified<'a> {
    token: UntrustedToken<'a, Extensions>,
    key_id: String,
}

/// A token whose signature and claims were verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Whom it speaks for.
    pub identity: Rc<Identity>,
    /// Which key it was verified with.
    pub key_id: String,
    /// From when on the token is not taken, in seconds since the Unix epoch.
    pub ends: i64,
}

/// Header fields that forbid what we would otherwise ignore.
#[derive(Debug, Clone, Deserialize)]
struct Extensions {
    /// Extensions that must be understood, RFC 7515 section 4.1.11. We understand none.
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    sid: Option<String>,
    email: Option<String>,
    email_verified: Option<Flag>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    permissions: Vec<String>,
    /// Counted by our own issuer: a token of an older version than the latest is good no more.
    roles_version: Option<i64>,
    /// RFC 8693 section 4.1.
    act: Option<Actor>,
    /// In which organisation the subject acts, with our own issuer, and what its tokens have to know.
    org: Option<String>,
    org_role: Option<String>,
    #[serde(default)]
    org_networks: Vec<String>,
    #[serde(default)]
    org_versions: Vec<i64>,
}

/// Who acts as the subject. Whoever acted for that one before is not our concern.
#[derive(Deserialize)]
struct Actor {
    sub: String,
}

/// A claim that says yes or no. There are providers that say it in other ways: that is no yes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Said(bool),
    Otherwise(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl<'a> Unverified<'a> {
    /// Reads a token's header. The algorithm is the key's to choose: a token that names one we know no keys of,
    /// or none, is refused before a key is looked for.
    pub fn parse(text: &'a str) -> Result<Self, Refusal> {
        let token =
            UntrustedToken::<Extensions>::try_from(text).map_err(|_| Refusal::MalformedToken)?;
        let header = token.header();
        let is_jwt = |kind: &str| {
            let kind = kind.strip_prefix("application/").unwrap_or(kind);
            kind.eq_ignore_ascii_case("JWT") || kind.eq_ignore_ascii_case("at+jwt")
        };
        let is_known = token.algorithm() == Ed25519.name() || token.algorithm() == Es256.name();
        if !is_known
            || header.other_fields.crit.is_some()
            || !header.token_type.as_deref().is_none_or(is_jwt)
        {
            return Err(Refusal::InvalidToken);
        }
        let key_id = header.key_id.clone().ok_or(Refusal::InvalidToken)?;
        if key_id.len() > MAX_KEY_ID_BYTES {
            return Err(Refusal::InvalidToken);
        }
        Ok(Self { token, key_id })
    }

    /// The id of the key that the token says it was signed with.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Verifies the signature, then the claims. `now` is in seconds since the Unix epoch.
    pub fn verify(self, key: &Key, expected: &Expected, now: i64) -> Result<Verified, Refusal> {
        if self.token.algorithm() != key.algorithm() {
            return Err(Refusal::InvalidToken);
        }
        let token = key.validate(&self.token).ok_or(Refusal::InvalidToken)?;
        let claims = token.claims();
        let expires = claims.expiration.ok_or(Refusal::InvalidToken)?;
        let begins = claims.not_before.map_or(i64::MIN, |time| time.timestamp());
        let ends = expires.timestamp().saturating_add(LEEWAY);
        if now >= ends {
            return Err(Refusal::ExpiredToken);
        }
        let (_, claims) = token.into_parts();
        let claims = claims.custom;
        let for_us = match &claims.aud {
            Audience::One(audience) => *audience == expected.audience,
            Audience::Many(audiences) => audiences.contains(&expected.audience),
        };
        if claims.iss != expected.issuer || !for_us || now.saturating_add(LEEWAY) < begins {
            return Err(Refusal::InvalidToken);
        }
        let said = Said {
            subject: claims.sub,
            session: claims.sid,
            email: claims.email,
            email_verified: matches!(claims.email_verified, Some(Flag::Said(true))),
            roles: claims.roles,
            permissions: claims.permissions,
            roles_version: claims.roles_version,
            actor: claims.act.map(|actor| actor.sub),
            organization: claims.org.map(|id| SaidOfOrganization {
                id,
                role: claims.org_role,
                networks: claims.org_networks,
                versions: claims.org_versions,
            }),
        };
        let identity = Identity::from_claims(said).ok_or(Refusal::InvalidToken)?;
        Ok(Verified {
            identity: Rc::new(identity),
            key_id: self.key_id,
            ends,
        })
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use jwt_compact::Header;
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_763_838_062;

    fn signer() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn key() -> Key {
        Key::Ed25519(signer().verifying_key())
    }

    fn claims() -> Value {
        json!({
            "iss": "selvedge", "sub": "usr_1", "aud": "selvedge", "iat": NOW, "exp": NOW + 900,
            "jti": "j", "sid": "ses_1", "email": "a@example.com", "roles": ["admin"],
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        claims
    }

    fn sign(claims: &Value) -> String {
        let header = Header::empty().with_key_id("k").with_token_type("JWT");
        let claims = jwt_compact::Claims::new(claims);
        Ed25519.token(&header, &claims, &signer()).unwrap()
    }

    fn verify(token: &str) -> Result<Verified, Refusal> {
        let expected = Expected {
            issuer: "selvedge".into(),
            audience: "selvedge".into(),
        };
        Unverified::parse(token)?.verify(&key(), &expected, NOW)
    }

    /// A token with this header, and a signature that is good for it.
    fn with_header(header: Value) -> String {
        use base64ct::{Base64UrlUnpadded, Encoding};
        use ed25519_dalek::Signer;

        let encode = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
        let header = encode(header.to_string().as_bytes());
        let signed = format!("{header}.{}", encode(claims().to_string().as_bytes()));
        let signature = signer().sign(signed.as_bytes());
        format!("{signed}.{}", encode(&signature.to_bytes()))
    }

    #[test]
    fn a_good_token_tells_who_the_caller_is() {
        let token = verify(&sign(&claims())).unwrap();
        assert_eq!(token.key_id, "k");
        assert_eq!(token.identity.user.as_deref(), Some("usr_1"));
        assert_eq!(token.identity.session.as_deref(), Some("ses_1"));
        assert_eq!(token.identity.email.as_deref(), Some("a@example.com"));
        assert_eq!(token.identity.roles, "admin");
        assert_eq!(token.identity.permissions, "");
        assert_eq!(token.identity.actor, None);
    }

    #[test]
    fn a_token_tells_what_the_caller_may_do_and_who_acts_for_it() {
        let mut claims = with("permissions", json!(["users.read", "audit.read"]));
        claims["roles_version"] = json!(3);
        claims["act"] = json!({"sub": "usr_2", "act": {"sub": "usr_3"}});
        let identity = verify(&sign(&claims)).unwrap().identity;
        assert_eq!(identity.permissions, "users.read,audit.read");
        assert_eq!(identity.actor.as_deref(), Some("usr_2"));
        assert_eq!(identity.roles_grant().as_deref(), Some("usr_1#3"));
    }

    #[test]
    fn a_token_that_names_an_actor_in_another_way_is_refused() {
        for actor in [
            json!("usr_2"),
            json!({}),
            json!({"sub": 2}),
            json!({"sub": "a b"}),
        ] {
            let refused = verify(&sign(&with("act", actor.clone())));
            assert_eq!(refused, Err(Refusal::InvalidToken), "{actor}");
        }
    }

    #[test]
    fn an_audience_may_be_one_of_several() {
        assert!(verify(&sign(&with("aud", json!(["other", "selvedge"])))).is_ok());
    }

    #[test]
    fn tokens_of_another_issuer_or_for_another_audience_are_refused() {
        for (name, value) in [
            ("iss", json!("other")),
            ("iss", Value::Null),
            ("aud", json!("other")),
            ("aud", json!([])),
            ("aud", Value::Null),
            ("sub", json!("")),
            ("sub", json!(1)),
            ("nbf", json!(NOW + LEEWAY + 1)),
            ("exp", Value::Null),
            ("exp", json!("tomorrow")),
            ("exp", json!(1e300)),
        ] {
            let refusal = verify(&sign(&with(name, value.clone()))).unwrap_err();
            assert_eq!(refusal, Refusal::InvalidToken, "{name}: {value}");
        }
    }

    #[test]
    fn a_token_ends_when_it_says_with_little_leeway() {
        assert!(verify(&sign(&with("exp", json!(NOW - LEEWAY + 1)))).is_ok());
        let late = verify(&sign(&with("exp", json!(NOW - LEEWAY))));
        assert_eq!(late, Err(Refusal::ExpiredToken));
    }

    #[test]
    fn the_algorithm_is_the_keys_to_choose() {
        let headers = [
            json!({"alg": "none", "kid": "k"}),
            json!({"alg": "ES256", "kid": "k"}),
            json!({"alg": "HS256", "kid": "k"}),
            json!({"alg": "eddsa", "kid": "k"}),
        ];
        for header in headers {
            assert_eq!(verify(&with_header(header)), Err(Refusal::InvalidToken));
        }
        assert!(verify(&with_header(json!({"alg": "EdDSA", "kid": "k"}))).is_ok());
    }

    #[test]
    fn a_key_of_p256_verifies_what_it_signed_and_nothing_else() {
        let signer = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        let key = Key::P256(*signer.verifying_key());
        let header = Header::empty().with_key_id("k");
        let signed = Es256.token(&header, &jwt_compact::Claims::new(claims()), &signer);
        let signed = signed.unwrap();
        let expected = Expected {
            issuer: "selvedge".into(),
            audience: "selvedge".into(),
        };
        let judge = |token: &str| Unverified::parse(token)?.verify(&key, &expected, NOW);
        assert_eq!(
            judge(&signed).unwrap().identity.user.as_deref(),
            Some("usr_1")
        );
        assert_eq!(judge(&sign(&claims())), Err(Refusal::InvalidToken));
        assert_eq!(verify(&signed), Err(Refusal::InvalidToken));
        let damaged = format!("{}AAAA", &signed[..signed.len() - 4]);
        assert_eq!(judge(&damaged), Err(Refusal::InvalidToken));
    }

    #[test]
    fn a_header_that_asks_for_more_than_we_do_is_refused() {
        let headers = [
            json!({"alg": "EdDSA"}),
            json!({"alg": "EdDSA", "kid": "x".repeat(MAX_KEY_ID_BYTES + 1)}),
            json!({"alg": "EdDSA", "kid": "k", "crit": ["b64"], "b64": false}),
            json!({"alg": "EdDSA", "kid": "k", "typ": "dpop+jwt"}),
        ];
        for header in headers {
            assert_eq!(verify(&with_header(header)), Err(Refusal::InvalidToken));
        }
    }

    #[test]
    fn a_token_that_was_changed_or_signed_by_another_is_refused() {
        let token = sign(&claims());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        let other = sign(&with("sub", json!("usr_2")));
        let (_, rest) = other.split_once('.').unwrap();
        let (claims, _) = rest.split_once('.').unwrap();
        assert_eq!(
            verify(&format!("{header}.{claims}.{signature}")),
            Err(Refusal::InvalidToken)
        );
        assert_eq!(verify(&format!("{signed}.")), Err(Refusal::InvalidToken));

        let stranger = Key::Ed25519(SigningKey::from_bytes(&[8; 32]).verifying_key());
        let expected = Expected {
            issuer: "selvedge".into(),
            audience: "selvedge".into(),
        };
        let judged = Unverified::parse(&token).unwrap();
        let judged = judged.verify(&stranger, &expected, NOW);
        assert_eq!(judged, Err(Refusal::InvalidToken));
    }

    #[test]
    fn what_is_no_token_is_malformed() {
        for text in ["a", "a.b", "a.b.c", "..", "a.b.c.d", "e30.e30."] {
            let refusal = Unverified::parse(text).err();
            assert_eq!(refusal, Some(Refusal::MalformedToken), "{text}");
        }
    }
}
