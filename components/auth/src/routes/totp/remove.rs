//! `DELETE /v1/auth/totp`: removes the authenticator app.

use http::StatusCode;
use shared::{Caller, Problem, Result, clock};

use crate::factor;
use crate::method::Method;
use crate::origin::Origin;
use crate::outbox;
use crate::step_up::require_recent;
use crate::store::{DB, totp as store};

/// Removes the app; with the last second factor the recovery codes go too. 404 where there is none.
pub async fn remove(caller: Caller, origin: Origin) -> Result<StatusCode> {
    let now = clock::now();
    let (account, _) = require_recent(&caller, now)?;
    DB.transaction(|tx| {
        if !store::remove(tx, account.id)? {
            return Err(Problem::not_found("There is no authenticator app."));
        }
        factor::removed(tx, &account, Method::Totp, &origin, now)?;
        Ok(())
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::NO_CONTENT)
}
