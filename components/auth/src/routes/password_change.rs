//! `POST /v1/auth/password`: another password for the one in use.

use http::StatusCode;
use serde::Deserialize;
use shared::{Caller, Json, Problem, Result, clock, variables};

use super::{confirm_password, signed_in};
use crate::admission::dismiss;
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::outbox;
use crate::password::{Password, Peppers};
use crate::step_up::require_still;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, challenges, passwords};

/// What a client says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Absent where the account has none.
    current_password: Option<Password>,
    password: Password,
}

/// Sets the password, and ends every session but this one.
pub async fn change(caller: Caller, origin: Origin, Json(body): Json<Body>) -> Result<StatusCode> {
    let now = clock::now();
    let (account, session) = signed_in(&caller, now)?;
    let name = account.name.as_deref().unwrap_or_default();
    let about = [&account.email, name, &variables::get("app_name").await?];
    body.password
        .check("password", &about)
        .map_err(|error| Problem::invalid(vec![error]))?;
    let peppers = Peppers::load().await?;
    let current = body.current_password.as_ref();
    let old = confirm_password(&caller, current, &peppers, &origin, now)?;
    let new = body.password.hash(&peppers)?;
    DB.transaction(|tx| {
        require_still(tx, session)?;
        let is_as_confirmed = match &old {
            Some(old) => passwords::replace(tx, account.id, old, &new)?,
            None => passwords::find_in(tx, account.id)?.is_none(),
        };
        if !is_as_confirmed {
            return Err(Problem::conflict("The password was changed meanwhile."));
        }
        passwords::set(tx, account.id, &new, now)?;
        dismiss(tx, account.id, Some(session), &origin, now)?;
        challenges::withdraw_all(tx, account.id)?;
        let entry = Entry::by(Event::PasswordChanged, account.id).with_object(&session);
        audit::record(tx, &entry, &origin, now)?;
        mail::notify(tx, &account, Notice::PasswordChanged, &origin, now)?;
        Ok(())
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::NO_CONTENT)
}
