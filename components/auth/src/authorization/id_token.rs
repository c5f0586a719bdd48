//! What applications are told of a person: the ID token (OpenID Connect Core section 2) and the answer of userinfo.

use serde::Serialize;
use shared::{Result, SessionId, Timestamp, UserId};

use super::{ClientId, Scope};
use crate::access_token::{LIFETIME, acr};
use crate::account::Account;
use crate::method::Methods;
use crate::signing_key::SigningKey;
use crate::store::sessions::Session;

/// What of a person the scope lets an application see.
#[derive(Debug, Serialize)]
pub struct Profile<'a> {
    sub: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

impl<'a> Profile<'a> {
    /// Of this account, as far as `scope` goes.
    pub fn new(account: &'a Account, scope: &Scope) -> Self {
        let email = scope.has("email");
        Self {
            sub: account.id,
            email: email.then_some(account.email.as_str()),
            email_verified: email.then_some(account.email_verified_at.is_some()),
            name: account.name.as_deref().filter(|_| scope.has("profile")),
        }
    }
}

/// An ID token. Its audience is the client, so that it is good for nothing at an API.
#[derive(Debug, Serialize)]
pub struct IdToken<'a> {
    iss: &'a str,
    aud: ClientId,
    exp: i64,
    iat: i64,
    auth_time: i64,
    amr: &'a Methods,
    acr: &'static str,
    sid: SessionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(flatten)]
    profile: Profile<'a>,
}

impl<'a> IdToken<'a> {
    /// For this client, of the account in this session.
    pub fn new(
        issuer: &'a str,
        client: ClientId,
        profile: Profile<'a>,
        session: &'a Session,
        nonce: Option<&'a str>,
        now: Timestamp,
    ) -> Self {
        Self {
            iss: issuer,
            aud: client,
            exp: now.plus(LIFETIME).as_seconds(),
            iat: now.as_seconds(),
            auth_time: session.authenticated_at.as_seconds(),
            amr: &session.methods,
            acr: acr(&session.methods),
            sid: session.id,
            nonce,
            profile,
        }
    }

    /// In its compact form.
    pub fn sign(&self, key: &SigningKey) -> Result<String> {
        key.sign("JWT", self)
    }
}
