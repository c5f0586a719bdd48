//! `POST /v1/auth/refresh`: a refresh token for its successor, and a new access token.

use serde::Deserialize;
use shared::{Json, Problem, Result, clock, storage};

use crate::issuer::{Issuer, Tokens};
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::outbox;
use crate::refresh_token::RefreshToken;
use crate::store::audit::{self, Entry, Event};
use crate::store::sessions::{self, Rotation};
use crate::store::{DB, accounts};

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    refresh_token: RefreshToken,
}

/// Goes on with a session. A token that was exchanged before, and not just now, ends it: of the two
/// who have shown the token one is a thief, and which one cannot be known.
pub async fn refresh(origin: Origin, Json(body): Json<Body>) -> Result<Json<Tokens>> {
    let now = clock::now();
    let issuer = Issuer::load(now).await?;
    let successor = RefreshToken::new()?;
    let refreshed = DB.transaction(|tx| {
        let token = body.refresh_token.hash();
        match sessions::rotate(tx, &token, &successor.hash(), &origin, now)? {
            Rotation::Rotated { session, account } => {
                let account = accounts::find(tx, account)?;
                let open = account.filter(|account| account.disabled_at.is_none());
                Ok(open.map(|account| (account, session)))
            }
            Rotation::Reused { session, account } => {
                let entry = Entry::about(Event::RefreshReused, account).with_object(&session);
                audit::record(tx, &entry, &origin, now)?;
                if let Some(account) = accounts::find(tx, account)? {
                    mail::notify(tx, &account, Notice::RefreshReused, &origin, now)?;
                }
                Ok(None)
            }
            Rotation::Unknown => Ok::<_, storage::Error>(None),
        }
    })?;
    outbox::deliver_soon();
    let (account, session) = refreshed
        .ok_or_else(|| Problem::unauthorized("The refresh token is not valid. Sign in again."))?;
    Ok(Json(issuer.tokens(account, &session, successor, now)?))
}
