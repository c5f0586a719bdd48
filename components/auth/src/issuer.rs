//! Gives out what a client needs once it is let in: an access token, a refresh token, and who it is.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use shared::{Json, Problem, Result, Timestamp, UserId, variables};

use crate::access_token::{self, Claims, Subject};
use crate::account::Account;
use crate::admission::{Admission, Asked};
use crate::keyring::Keyring;
use crate::refresh_token::RefreshToken;
use crate::signing_key::SigningKey;
use crate::store::sessions::Session;

/// In whose name tokens are given out, and for whom.
pub struct Issuer {
    issuer: String,
    audience: String,
    admin_email: String,
    key: Arc<SigningKey>,
}

/// The answer to everyone who is let in.
#[derive(Debug, Serialize)]
pub struct Tokens {
    access_token: String,
    token_type: &'static str,
    /// Seconds for which the access token is good.
    expires_in: u64,
    /// Not where a session merely goes on with the one it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<RefreshToken>,
    user: User,
}

/// The answer to whoever is half in.
#[derive(Debug, Serialize)]
struct Half {
    second_factor: Asked,
}

/// An account, as its owner sees it.
#[derive(Debug, Serialize)]
struct User {
    id: UserId,
    email: String,
    email_verified: bool,
    name: Option<String>,
    roles: Vec<String>,
    created_at: Timestamp,
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
                let tokens = self.tokens(account, &session, refresh_token, now)?;
                Ok((status, Json(tokens)).into_response())
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

    /// An access token alone, for a session whose refresh token stays what it is.
    pub fn access(&self, account: Account, session: &Session, now: Timestamp) -> Result<Tokens> {
        let roles = account.roles(&self.admin_email);
        let subject = Subject {
            account: &account,
            session,
            roles: &roles,
        };
        Ok(Tokens {
            access_token: Claims::new(&self.issuer, &self.audience, &subject, now)
                .sign(&self.key)?,
            token_type: "Bearer",
            expires_in: access_token::LIFETIME.as_secs(),
            refresh_token: None,
            user: User {
                id: account.id,
                email_verified: account.email_verified_at.is_some(),
                email: account.email,
                name: account.name,
                roles,
                created_at: account.created_at,
            },
        })
    }
}
