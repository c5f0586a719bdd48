//! Gives out what a client needs once it is let in: an access token, a refresh token, and who it is.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use shared::{Json, Problem, Result, Timestamp, UserId, variables};

use crate::access_token::{self, Claims, Subject};
use crate::account::Account;
use crate::admission::{Admission, Asked};
use crate::cookies::Given;
use crate::impersonation;
use crate::keyring::Keyring;
use crate::refresh_token::RefreshToken;
use crate::role::Rights;
use crate::signing_key::SigningKey;
use crate::store::sessions::Session;
use crate::store::{DB, organizations, roles};

/// In whose name tokens are given out, and for whom.
pub struct Issuer {
    issuer: String,
    audience: String,
    admin_email: String,
    key: Arc<SigningKey>,
}

/// The answer to everyone who is let in.
#[derive(Debug, Clone, Serialize)]
pub struct Tokens {
    /// Not where it is in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// Seconds for which the access token is good.
    expires_in: u64,
    /// Not where a session merely goes on with the one it has, nor where it is in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<RefreshToken>,
    /// For the next sign-in from here, which nobody elsewhere can then delay. At sign-in only.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<String>,
    user: User,
}

/// The answer to whoever is half in.
#[derive(Debug, Serialize)]
struct Half {
    second_factor: Asked,
}

/// An account, as its owner sees it.
#[derive(Debug, Clone, Serialize)]
struct User {
    id: UserId,
    email: String,
    email_verified: bool,
    name: Option<String>,
    roles: Vec<String>,
    created_at: Timestamp,
}

impl Tokens {
    /// The access token.
    pub fn access(&self) -> &str {
        self.access_token.as_deref().unwrap_or_default()
    }

    /// The refresh token, where there is a new one.
    pub fn refresh(&self) -> Option<&str> {
        self.refresh_token.as_ref().map(RefreshToken::as_str)
    }

    /// What a client may still be told that has them in cookies.
    pub fn without_secrets(&self) -> Self {
        Self {
            access_token: None,
            token_type: None,
            refresh_token: None,
            ..self.clone()
        }
    }

    /// An answer that has them in cookies, whatever the client asks for.
    pub fn into_cookies(self) -> Response {
        Given::new(self, true).into_response()
    }
}

/// Where they go in it, [`crate::cookies`] decides.
impl IntoResponse for Tokens {
    fn into_response(self) -> Response {
        Given::new(self, false).into_response()
    }
}

impl Issuer {
    /// Reads the configuration and the key. Do it before anything is stored: what is missing should
    /// be found out before an account is made that gets no token.
    pub async fn load(now: Timestamp) -> Result<Self> {
        Ok(Self {
            issuer: variables::get("issuer").await?,
            audience: variables::get("audience").await?,
            admin_email: variables::get("admin_email").await?,
            key: Keyring::load().await?.signing(now)?,
        })
    }

    /// The answer to whoever came to the door: tokens, with `status`, or why there are none.
    pub fn answer(
        &self,
        status: StatusCode,
        admission: Admission,
        now: Timestamp,
    ) -> Result<Response> {
        match admission {
            Admission::Session {
                account,
                session,
                refresh_token,
            } => {
                let tokens = Tokens {
                    device_token: Some(refresh_token.device_token()),
                    ..self.tokens(account, &session, refresh_token, now)?
                };
                Ok((status, tokens).into_response())
            }
            Admission::SecondFactor(second_factor) => {
                Ok((StatusCode::ACCEPTED, Json(Half { second_factor })).into_response())
            }
            Admission::Disabled => Err(Problem::forbidden("This account is disabled.")),
        }
    }

    /// Tokens for a session that goes on.
    pub fn tokens(
        &self,
        account: Account,
        session: &Session,
        refresh_token: RefreshToken,
        now: Timestamp,
    ) -> Result<Tokens> {
        Ok(Tokens {
            refresh_token: Some(refresh_token),
            ..self.access(account, session, now)?
        })
    }

    /// An access token with which `actor` acts as the account's owner, and has none of the owner's roles.
    pub fn impersonation(
        &self,
        account: &Account,
        session: &Session,
        actor: UserId,
        now: Timestamp,
    ) -> Result<String> {
        let granted = roles::granted(DB.connect()?, account.id)?;
        let version = granted.map_or(0, |granted| granted.roles_version);
        let subject = Subject {
            account,
            session,
            rights: &Rights {
                version,
                ..Rights::default()
            },
        };
        Claims::new(&self.issuer, &self.audience, &subject, now)
            .for_actor(actor, impersonation::LIFETIME, now)
            .sign(&self.key)
    }

    /// An access token alone, for a session whose refresh token stays what it is.
    pub fn access(&self, account: Account, session: &Session, now: Timestamp) -> Result<Tokens> {
        // Read at once, and after whatever the caller stored: a change that comes later revokes this version.
        let acting = organizations::acting(DB.connect()?, session.id)?;
        let granted = roles::granted(DB.connect()?, account.id)?;
        let granted = granted.ok_or_else(|| Problem::unauthorized("This account is gone."))?;
        let rights = granted.rights(&self.admin_email);
        let subject = Subject {
            account: &account,
            session,
            rights: &rights,
        };
        Ok(Tokens {
            access_token: Some(
                Claims::new(&self.issuer, &self.audience, &subject, now)
                    .within(acting)
                    .sign(&self.key)?,
            ),
            token_type: Some("Bearer"),
            expires_in: access_token::LIFETIME.as_secs(),
            refresh_token: None,
            device_token: None,
            user: User {
                id: account.id,
                email_verified: account.email_verified_at.is_some(),
                email: account.email,
                name: account.name,
                roles: rights.roles,
                created_at: account.created_at,
            },
        })
    }
}
