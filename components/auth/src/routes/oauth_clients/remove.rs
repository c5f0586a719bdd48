//! `DELETE /v1/auth/clients/{id}`: nobody signs in to an application any more.

use http::StatusCode;
use shared::{Path, Result, clock};

use super::no_client;
use crate::authorization::ClientId;
use crate::permission::OauthClientsManage;
use crate::permitted::Permitted;
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, oauth_clients};

/// Removes an application; all of its sessions end.
pub async fn remove(
    administrator: Permitted<OauthClientsManage>,
    Path(id): Path<ClientId>,
) -> Result<StatusCode> {
    let now = clock::now();
    require_recent(&administrator.caller, now)?;
    DB.transaction(|tx| {
        if !oauth_clients::remove(tx, id)? {
            return Err(no_client());
        }
        let entry = Entry::about(Event::ClientRemoved, None)
            .with_actor(administrator.user)
            .with_object(&id);
        Ok(audit::record(tx, &entry, &administrator.origin, now)?)
    })?;
    Ok(StatusCode::NO_CONTENT)
}
