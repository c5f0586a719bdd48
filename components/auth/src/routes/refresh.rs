//! `POST /v1/auth/refresh`: a refresh token for its successor, and a new access token.

use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::Deserialize;
use shared::storage::Transaction;
use shared::{Json, Problem, Result, SessionId, Timestamp, UserId, clock, storage};

use crate::cookies;
use crate::issuer::Issuer;
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::outbox;
use crate::refresh_token::RefreshToken;
use crate::store::audit::{self, Entry, Event};
use crate::store::sessions::{self, Rotation};
use crate::store::{DB, accounts, oauth_grants};

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Not of a browser, which has it in a cookie.
    refresh_token: Option<RefreshToken>,
}

/// Goes on with a session. A token that was exchanged before, and not just now, ends it: of the two
/// who have shown the token one is a thief, and which one cannot be known.
pub async fn refresh(
    origin: Origin,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Result<Response> {
    let now = clock::now();
    let in_cookies = body.refresh_token.is_none();
    let shown = body
        .refresh_token
        .or_else(|| cookies::refresh_token(&headers));
    let token = shown
        .ok_or_else(|| Problem::unauthorized("There is no refresh token. Sign in."))?
        .hash();
    let issuer = Issuer::load(now).await?;
    let successor = RefreshToken::new()?;
    let refreshed = DB.transaction(|tx| {
        // An application's is good at its own door only, where it shows who it is.
        if oauth_grants::of_token(tx, &token)?.is_some() {
            return Ok(None);
        }
        match sessions::rotate(tx, &token, &successor.hash(), &origin, now)? {
            Rotation::Rotated { session, account } => {
                let account = accounts::find(tx, account)?;
                let open = account.filter(|account| account.disabled_at.is_none());
                Ok(open.map(|account| (account, session)))
            }
            Rotation::Reused { session, account } => {
                reused(tx, session, account, &origin, now)?;
                Ok(None)
            }
            Rotation::Unknown => Ok::<_, storage::Error>(None),
        }
    })?;
    outbox::deliver_soon();
    let (account, session) = refreshed
        .ok_or_else(|| Problem::unauthorized("The refresh token is not valid. Sign in again."))?;
    let tokens = issuer.tokens(account, &session, successor, now)?;
    Ok(match in_cookies {
        true => tokens.into_cookies(),
        false => tokens.into_response(),
    })
}

/// Tells the owner that a refresh token was copied, and that its session is over.
pub fn reused(
    tx: &Transaction,
    session: SessionId,
    account: UserId,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let entry = Entry::about(Event::RefreshReused, account).with_object(&session);
    audit::record(tx, &entry, origin, now)?;
    if let Some(account) = accounts::find(tx, account)? {
        mail::notify(tx, &account, Notice::RefreshReused, origin, now)?;
    }
    Ok(())
}
