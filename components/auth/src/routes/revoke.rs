//! `DELETE /v1/auth/sessions/{id}`: ends one of the caller's sessions, say of a lost telephone.

use http::StatusCode;
use shared::{Caller, Path, Problem, Result, SessionId, clock, storage};

use super::live_session;
use crate::origin::Origin;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, sessions};

/// Ends a session. 404 for one of somebody else, as for one that never was.
pub async fn revoke(
    caller: Caller,
    origin: Origin,
    Path(session): Path<SessionId>,
) -> Result<StatusCode> {
    let now = clock::now();
    live_session(&caller, now)?;
    let ended = DB.transaction(|tx| {
        let ended = sessions::end(tx, caller.user, session)?;
        if ended {
            let entry = Entry::by(Event::SessionRevoked, caller.user).with_object(&session);
            audit::record(tx, &entry, &origin, now)?;
        }
        Ok::<_, storage::Error>(ended)
    })?;
    if ended {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("You have no such session."))
    }
}
