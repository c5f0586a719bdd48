//! `POST /v1/auth/sign-out`: ends the caller's session.

use http::StatusCode;
use shared::{Caller, Result, clock, storage};

use super::live_session;
use crate::origin::Origin;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, sessions};

/// Ends the session: its refresh token is good for nothing from now on.
pub async fn sign_out(caller: Caller, origin: Origin) -> Result<StatusCode> {
    let now = clock::now();
    let session = live_session(&caller, now)?;
    DB.transaction(|tx| {
        if sessions::end(tx, caller.user, session)? {
            let entry = Entry::by(Event::SignedOut, caller.user).with_object(&session);
            audit::record(tx, &entry, &origin, now)?;
        }
        Ok::<_, storage::Error>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}
