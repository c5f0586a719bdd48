//! `POST /v1/auth/sign-out`: ends the caller's session.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use shared::{Caller, Result, clock, storage};

use super::live_session;
use crate::cookies;
use crate::origin::Origin;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, sessions};

/// Ends the session: its tokens are good for nothing from now on, and a browser forgets them.
pub async fn sign_out(caller: Caller, origin: Origin) -> Result<Response> {
    let now = clock::now();
    let session = live_session(&caller, now)?;
    DB.transaction(|tx| {
        if sessions::end(tx, caller.user, session)? {
            let entry = match caller.actor {
                None => Entry::by(Event::SignedOut, caller.user),
                Some(actor) => {
                    Entry::about(Event::ImpersonationEnded, caller.user).with_actor(actor)
                }
            };
            let entry = entry.with_object(&session);
            audit::record(tx, &entry, &origin, now)?;
        }
        Ok::<_, storage::Error>(())
    })?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    cookies::clear(&mut response)?;
    Ok(response)
}
