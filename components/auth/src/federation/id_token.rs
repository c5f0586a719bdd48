//! The rules of an ID token, OpenID Connect Core section 3.1.3.7.

use jwt_compact::UntrustedToken;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::keys::Keys;

/// How far the provider's clock may be from ours, in seconds.
const LEEWAY: i64 = 60;

/// What a token must say.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
}

/// Whom a token is about.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Subject {
    pub sub: String,
    pub email: Option<String>,
    #[serde(default, deserialize_with = "is_true")]
    pub email_verified: bool,
    pub name: Option<String>,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the ID token is no JWT, or one that asks for more than we understand")]
    Malformed,
    /// Its keys may have changed.
    #[error("the ID token was signed with a key that the provider does not publish")]
    UnknownKey,
    #[error("the ID token's signature or claims cannot be verified")]
    Signature,
    #[error("the ID token's claim {0} is not what it must be")]
    Claim(&'static str),
}

/// Header fields that forbid what we would otherwise ignore.
#[derive(Debug, Clone, Deserialize)]
struct Extensions {
    /// RFC 7515 section 4.1.11. We understand none.
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct IdToken {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    nonce: Option<String>,
    #[serde(flatten)]
    subject: Subject,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Whom the token is about, if one of `keys` signed it and it says what is `expected` at `now`, in seconds since
/// the Unix epoch.
pub fn verify(token: &str, keys: &Keys, expected: &Expected, now: i64) -> Result<Subject, Refusal> {
    let token = UntrustedToken::<Extensions>::try_from(token).map_err(|_| Refusal::Malformed)?;
    if token.header().other_fields.crit.is_some() {
        return Err(Refusal::Malformed);
    }
    let key = keys.find(token.header().key_id.as_deref(), token.algorithm());
    let key = key.ok_or(Refusal::UnknownKey)?;
    let claims = key.verify::<IdToken, _>(&token).ok_or(Refusal::Signature)?;
    let expires = claims.expiration.ok_or(Refusal::Claim("exp"))?.timestamp();
    let issued = claims.issued_at.ok_or(Refusal::Claim("iat"))?.timestamp();
    let begins = claims.not_before.map_or(i64::MIN, |time| time.timestamp());
    let token = claims.custom;
    let is_for_us = match &token.aud {
        Audience::One(audience) => audience == expected.client_id,
        // For others besides us: then it must be us who asked.
        Audience::Many(audiences) => {
            audiences.iter().any(|one| one == expected.client_id)
                && (audiences.len() == 1 || token.azp.is_some())
        }
    };
    let is_by_us = token.azp.is_none_or(|azp| azp == expected.client_id);
    let rules = [
        ("iss", token.iss == expected.issuer),
        ("aud", is_for_us),
        ("azp", is_by_us),
        ("exp", now < expires.saturating_add(LEEWAY)),
        ("iat", issued <= now.saturating_add(LEEWAY)),
        ("nbf", begins <= now.saturating_add(LEEWAY)),
        ("nonce", token.nonce.as_deref() == Some(expected.nonce)),
        ("sub", (1..=255).contains(&token.subject.sub.len())),
    ];
    match rules.into_iter().find(|(_, holds)| !holds) {
        Some((claim, _)) => Err(Refusal::Claim(claim)),
        None => Ok(token.subject),
    }
}

/// Some providers write booleans as texts. What is neither is not true.
fn is_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value == true || value == "true")
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ed25519_dalek::{Signer, SigningKey};
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_763_838_062;

    fn signer() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn keys() -> Keys {
        let x = URL_SAFE_NO_PAD.encode(signer().verifying_key().as_bytes());
        let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x}]});
        Keys::parse(keys.to_string().as_bytes()).unwrap()
    }

    fn claims() -> Value {
        json!({"iss": "https://id.example", "aud": "us", "sub": "1", "nonce": "n", "iat": NOW, "exp": NOW + 60})
    }

    fn sign(header: &Value, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = signer().sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn judge(token: &str) -> Result<Subject, Refusal> {
        let expected = Expected {
            issuer: "https://id.example",
            client_id: "us",
            nonce: "n",
        };
        verify(token, &keys(), &expected, NOW)
    }

    fn with(name: &str, value: Value) -> Result<Subject, Refusal> {
        let mut claims = claims();
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        judge(&sign(&json!({"alg": "EdDSA", "kid": "k"}), &claims))
    }

    #[test]
    fn a_good_token_says_whom_it_is_about() {
        let subject = with("email", json!("a@example.com")).unwrap();
        assert_eq!(subject.sub, "1");
        assert_eq!(subject.email.as_deref(), Some("a@example.com"));
        assert!(!subject.email_verified);
        for (value, verified) in [
            (json!(true), true),
            (json!("true"), true),
            (json!("yes"), false),
            (json!(1), false),
        ] {
            assert_eq!(
                with("email_verified", value).unwrap().email_verified,
                verified
            );
        }
    }

    #[test]
    fn each_claim_is_judged() {
        for (name, value) in [
            ("iss", json!("https://other.example")),
            ("aud", json!("them")),
            ("aud", json!(["them"])),
            ("aud", json!([])),
            ("azp", json!("them")),
            ("nonce", json!("m")),
            ("nonce", Value::Null),
            ("exp", json!(NOW - LEEWAY)),
            ("exp", Value::Null),
            ("iat", json!(NOW + LEEWAY + 1)),
            ("iat", Value::Null),
            ("nbf", json!(NOW + LEEWAY + 1)),
            ("sub", json!("")),
        ] {
            let judged = with(name, value.clone());
            assert_eq!(judged, Err(Refusal::Claim(name)), "{name}: {value}");
        }
        // One that is for others too must have been asked for by us.
        assert_eq!(
            with("aud", json!(["us", "them"])),
            Err(Refusal::Claim("aud"))
        );
        assert!(with("aud", json!(["us"])).is_ok());
    }

    #[test]
    fn the_key_decides_which_algorithm_it_is_for() {
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "HS256", "kid": "k"}),
            json!({"alg": "RS256", "kid": "k"}),
            json!({"alg": "EdDSA", "kid": "other"}),
        ] {
            assert_eq!(judge(&sign(&header, &claims())), Err(Refusal::UnknownKey));
        }
        // Without an id there is one key only that it can be.
        assert!(judge(&sign(&json!({"alg": "EdDSA"}), &claims())).is_ok());
        let critical = json!({"alg": "EdDSA", "kid": "k", "crit": ["b64"]});
        assert_eq!(judge(&sign(&critical, &claims())), Err(Refusal::Malformed));
    }

    #[test]
    fn what_was_changed_is_refused() {
        let good = sign(&json!({"alg": "EdDSA", "kid": "k"}), &claims());
        let mut other = claims();
        other["sub"] = json!("2");
        let other = sign(&json!({"alg": "EdDSA", "kid": "k"}), &other);
        let (signed, _) = other.rsplit_once('.').unwrap();
        let (_, signature) = good.rsplit_once('.').unwrap();
        assert_eq!(
            judge(&format!("{signed}.{signature}")),
            Err(Refusal::Signature)
        );
        assert_eq!(judge(&format!("{signed}.")), Err(Refusal::Signature));
        assert_eq!(judge("a.b.c"), Err(Refusal::Malformed));
    }
}
