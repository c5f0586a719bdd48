//! `DELETE /v1/auth/consents/{client}`: an application is not to see anything any more.

use http::StatusCode;
use shared::{Caller, Path, Problem, Result, clock};

use crate::authorization::ClientId;
use crate::origin::Origin;
use crate::routes::live_session;
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Purpose};
use crate::store::{DB, oauth_consents, oauth_grants};

/// Takes a consent back: the client's sessions of the caller end, and codes that it has not used are none.
pub async fn withdraw(
    caller: Caller,
    origin: Origin,
    Path(client): Path<ClientId>,
) -> Result<StatusCode> {
    let now = clock::now();
    live_session(&caller, now)?;
    DB.transaction(|tx| {
        if !oauth_consents::remove(tx, caller.user, client)? {
            return Err(Problem::not_found("You agreed to nothing of the kind."));
        }
        challenges::withdraw(tx, Purpose::AuthorizationCode, caller.user)?;
        for session in oauth_grants::end_all(tx, caller.user, client)? {
            let entry = Entry::by(Event::SessionRevoked, caller.user).with_object(&session);
            audit::record(tx, &entry, &origin, now)?;
        }
        let entry = Entry::by(Event::ConsentWithdrawn, caller.user).with_object(&client);
        Ok(audit::record(tx, &entry, &origin, now)?)
    })?;
    Ok(StatusCode::NO_CONTENT)
}
