//! `DELETE /v1/auth/passkeys/{id}`: removes a passkey.

use http::StatusCode;
use shared::{Caller, Path, Problem, Result, clock};

use crate::factor;
use crate::method::Method;
use crate::origin::Origin;
use crate::outbox;
use crate::step_up::require_recent;
use crate::store::DB;
use crate::store::passkeys::{self, PasskeyId};

/// Removes it; with the last second factor the recovery codes go too.
pub async fn remove(
    caller: Caller,
    origin: Origin,
    Path(id): Path<PasskeyId>,
) -> Result<StatusCode> {
    let now = clock::now();
    let (account, _) = require_recent(&caller, now)?;
    DB.transaction(|tx| {
        if !passkeys::remove(tx, account.id, id)? {
            return Err(Problem::not_found("You have no such passkey."));
        }
        factor::removed(tx, &account, Method::Passkey, &origin, now)?;
        Ok(())
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::NO_CONTENT)
}
