//! `DELETE /v1/auth/identities/{id}`: a provider that the caller signs in with no longer.

use http::StatusCode;
use shared::{Caller, Path, Problem, Result, clock};

use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::outbox;
use crate::step_up::require_recent;
use crate::store::DB;
use crate::store::audit::{self, Entry, Event};
use crate::store::identities::{self, IdentityId};

/// Unlinks an identity. It is never the last way in: an account that has one has a proven address, and a link or a
/// code can be mailed there.
pub async fn unlink(
    caller: Caller,
    origin: Origin,
    Path(id): Path<IdentityId>,
) -> Result<StatusCode> {
    let now = clock::now();
    let (account, _) = require_recent(&caller, now)?;
    DB.transaction(|tx| {
        if !identities::remove(tx, account.id, id)? {
            return Err(Problem::not_found("You have no such identity."));
        }
        let entry = Entry::by(Event::IdentityUnlinked, account.id).with_object(&id);
        audit::record(tx, &entry, &origin, now)?;
        mail::notify(tx, &account, Notice::IdentityUnlinked, &origin, now)?;
        Ok(())
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::NO_CONTENT)
}
