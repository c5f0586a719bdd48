//! Access tokens: what a client shows with each request. Short-lived, since nobody can take one back.

use std::time::Duration;

use serde::Serialize;
use shared::{MemberRole, OrganizationId, Result, SessionId, Timestamp, UserId};

use crate::account::Account;
use crate::method::Methods;
use crate::role::Rights;
use crate::signing_key::SigningKey;
use crate::store::organizations::Acting;
use crate::store::sessions::Session;

/// How long a token is good.
pub const LIFETIME: Duration = Duration::from_secs(15 * 60);

shared::id!(
    /// A token, so that two made at the same time differ.
    pub TokenId, "tok"
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
    email_verified: bool,
    roles: &'a [String],
    /// What the roles allow, all together: what components ask for.
    permissions: Vec<&'a str>,
    /// A token that tells of another version than the latest is refused.
    roles_version: i64,
    /// In which organisation the subject acts, if in one.
    #[serde(flatten)]
    organization: Option<Organization>,
    /// RFC 8176.
    amr: &'a Methods,
    acr: &'static str,
    /// Who acts as the subject, RFC 8693 section 4.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Actor>,
    /// When the user last proved who it is, as OpenID Connect Core section 2 has it.
    auth_time: i64,
}

/// `aal2` where more than one factor was proven, else `aal1`, after NIST SP 800-63B.
pub fn acr(methods: &Methods) -> &'static str {
    match methods.is_multi_factor() {
        true => "aal2",
        false => "aal1",
    }
}

#[derive(Debug, Serialize)]
struct Organization {
    org: OrganizationId,
    org_role: MemberRole,
    /// Outside of these, if any are named, the token is as one without an organisation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    org_networks: Vec<String>,
    /// Of the organisation, and of the subject's place in it: a token that tells of others than the latest is refused.
    org_versions: [i64; 2],
}

impl From<Acting> for Organization {
    fn from(acting: Acting) -> Self {
        Self {
            org: acting.organization,
            org_role: acting.role,
            org_networks: acting.networks(),
            org_versions: [acting.organization_changed, acting.member_changed],
        }
    }
}

#[derive(Debug, Serialize)]
struct Actor {
    sub: UserId,
}

/// Whom a token is about.
pub struct Subject<'a> {
    pub account: &'a Account,
    pub session: &'a Session,
    pub rights: &'a Rights,
}

impl<'a> Claims<'a> {
    /// The claims of a token made at `now`.
    pub fn new(issuer: &'a str, audience: &'a str, subject: &Subject<'a>, now: Timestamp) -> Self {
        Self {
            iss: issuer,
            sub: subject.account.id,
            aud: audience,
            exp: now.plus(LIFETIME).as_seconds(),
            iat: now.as_seconds(),
            jti: TokenId::new(),
            sid: subject.session.id,
            email: &subject.account.email,
            email_verified: subject.account.email_verified_at.is_some(),
            roles: &subject.rights.roles,
            permissions: subject.rights.permissions.iter().collect(),
            roles_version: subject.rights.version,
            organization: None,
            amr: &subject.session.methods,
            acr: acr(&subject.session.methods),
            act: None,
            auth_time: subject.session.authenticated_at.as_seconds(),
        }
    }

    /// The same, of a subject who acts in an organisation.
    #[must_use]
    pub fn within(self, acting: Option<Acting>) -> Self {
        Self {
            organization: acting.map(Organization::from),
            ..self
        }
    }

    /// The same, made at `now` for somebody else who acts as the subject, and for longer: there will be no other.
    #[must_use]
    pub fn for_actor(self, actor: UserId, lifetime: Duration, now: Timestamp) -> Self {
        Self {
            act: Some(Actor { sub: actor }),
            exp: now.plus(lifetime).as_seconds(),
            ..self
        }
    }

    /// The token, in its compact form.
    pub fn sign(&self, key: &SigningKey) -> Result<String> {
        key.sign("JWT", self)
    }
}

#[cfg(test)]
mod tests {
    use jwt_compact::alg::Ed25519;
    use jwt_compact::{AlgorithmExt, Token, UntrustedToken};
    use serde_json::Value;

    use super::*;
    use crate::method::Method;
    use crate::signing_key::Algorithm;

    const NOW: i64 = 1_763_838_062;

    fn key() -> SigningKey {
        SigningKey::read(Algorithm::EdDsa, &[7; 32]).unwrap()
    }

    fn ada() -> (Account, Session) {
        let account = Account {
            id: UserId::new(),
            email: "Ada@example.com".into(),
            name: None,
            created_at: Timestamp::from_millis(0),
            email_verified_at: None,
            email_vouched_by: None,
            disabled_at: None,
        };
        let session = Session {
            id: SessionId::new(),
            methods: Methods::one(Method::Password),
            authenticated_at: Timestamp::from_millis(NOW * 1000 - 5000),
        };
        (account, session)
    }

    fn sign(key: &SigningKey, (account, session): &(Account, Session)) -> String {
        let subject = Subject {
            account,
            session,
            rights: &Rights::default(),
        };
        let now = Timestamp::from_millis(NOW * 1000 + 999);
        let token = Claims::new("selvedge", "app", &subject, now).sign(key);
        token.unwrap()
    }

    #[test]
    fn a_token_says_who_for_whom_and_until_when() {
        let key = key();
        let ada = ada();
        let token = sign(&key, &ada);
        let (account, session) = ada;
        let token = UntrustedToken::new(&token).unwrap();
        assert_eq!(token.algorithm(), "EdDSA");
        assert_eq!(token.header().key_id.as_deref(), Some(key.id.as_str()));
        assert_eq!(token.header().token_type.as_deref(), Some("JWT"));

        let public = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
        let token: Token<Value> = Ed25519.validator(&public).validate(&token).unwrap();
        let (_, claims) = token.into_parts();
        let times = [claims.issued_at, claims.expiration].map(|time| time.unwrap().timestamp());
        assert_eq!(times, [NOW, NOW + 15 * 60]);
        assert_eq!(claims.custom["iss"], "selvedge");
        assert_eq!(claims.custom["aud"], "app");
        assert_eq!(claims.custom["sub"], account.id.to_string());
        assert_eq!(claims.custom["sid"], session.id.to_string());
        assert_eq!(claims.custom["email"], "Ada@example.com");
        assert_eq!(claims.custom["email_verified"], false);
        assert_eq!(claims.custom["roles"], serde_json::json!([]));
        assert_eq!(claims.custom["permissions"], serde_json::json!([]));
        assert_eq!(claims.custom["roles_version"], 0);
        assert_eq!(claims.custom["amr"], serde_json::json!(["pwd"]));
        assert_eq!(claims.custom["acr"], "aal1");
        assert_eq!(claims.custom["auth_time"], NOW - 5);
    }

    #[test]
    fn two_tokens_are_never_the_same() {
        let ada = ada();
        assert_ne!(sign(&key(), &ada), sign(&key(), &ada));
    }
}
