//! `DELETE /v1/auth/api-keys/{id}`: the end of a key.

use http::StatusCode;
use shared::{Caller, Path, Problem, Result, clock};

use super::owner;
use crate::api_key::ApiKeyId;
use crate::origin::Origin;
use crate::outbox;
use crate::routes::live_session;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, api_keys};

/// Revokes it. Whoever is signed in may, without another proof: a key that leaked should not live until one is at hand.
pub async fn revoke(
    caller: Caller,
    origin: Origin,
    Path(id): Path<ApiKeyId>,
) -> Result<StatusCode> {
    let now = clock::now();
    live_session(&caller, now)?;
    DB.transaction(|tx| {
        owner::require(tx, &caller, id, &origin)?;
        api_keys::remove(tx, id)?;
        let entry = Entry::by(Event::ApiKeyRevoked, caller.user).with_object(&id);
        audit::record(tx, &entry, &origin, now)?;
        Ok::<_, Problem>(())
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::NO_CONTENT)
}
