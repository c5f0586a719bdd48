//! `POST /v1/auth/recovery-codes`: ten new ones in place of those there are.

use serde::Serialize;
use shared::{Caller, Json, Problem, Result, clock};

use crate::factor;
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::outbox;
use crate::recovery_code;
use crate::step_up::{require_recent, require_still};
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, recovery_codes};

/// Shown this once.
#[derive(Serialize)]
pub struct Replaced {
    recovery_codes: Vec<String>,
}

/// Replaces the codes. 409 where there is no second factor that they could stand in for.
pub async fn replace(caller: Caller, origin: Origin) -> Result<Json<Replaced>> {
    let now = clock::now();
    let (account, session) = require_recent(&caller, now)?;
    let codes = recovery_code::generate()?;
    DB.transaction(|tx| {
        require_still(tx, session.id)?;
        if factor::of(tx, account.id)?.is_empty() {
            return Err(Problem::conflict(
                "There is no second factor that codes could stand in for.",
            ));
        }
        recovery_codes::give(tx, account.id, &codes, now)?;
        let entry = Entry::by(Event::RecoveryCodesReplaced, account.id);
        audit::record(tx, &entry, &origin, now)?;
        mail::notify(tx, &account, Notice::FactorAdded, &origin, now)?;
        Ok(())
    })?;
    outbox::deliver_soon();
    Ok(Json(Replaced {
        recovery_codes: codes,
    }))
}
