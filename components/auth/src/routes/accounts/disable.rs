//! `POST /v1/auth/accounts/{id}/disable` and `…/enable`: nobody is let in with an account any more, and somebody is.

use http::StatusCode;
use shared::{IfMatch, Path, Problem, Result, UserId, clock};

use super::{end_sessions, show};
use crate::authority::Authority;
use crate::permission::AccountsDisable;
use crate::permitted::Permitted;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, accounts, challenges};

/// Ends all sessions, and lets nobody in. Whoever proves to be the owner is told that the account is disabled; nobody
/// else learns it. 409 for the last administrator, and for oneself.
pub async fn disable(
    permitted: Permitted<AccountsDisable>,
    if_match: IfMatch,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    let now = clock::now();
    let authority = Authority::load().await?;
    if id == permitted.user {
        return Err(Problem::conflict("You cannot disable your own account."));
    }
    DB.transaction(|tx| {
        show::check(&if_match, tx, id, &authority)?;
        let target = authority.over(tx, &permitted.caller, id)?;
        authority.keep_one(tx, id)?;
        if target.account.disabled_at.is_none() {
            end_sessions(tx, id, permitted.user, &permitted.origin, now)?;
            challenges::withdraw_all(tx, id)?;
            accounts::disable(tx, id, now)?;
            let entry = Entry::about(Event::AccountDisabled, id).with_actor(permitted.user);
            audit::record(tx, &entry, &permitted.origin, now)?;
        }
        Ok::<_, Problem>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets its owner in again.
pub async fn enable(
    permitted: Permitted<AccountsDisable>,
    if_match: IfMatch,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    let now = clock::now();
    let authority = Authority::load().await?;
    DB.transaction(|tx| {
        show::check(&if_match, tx, id, &authority)?;
        let target = authority.over(tx, &permitted.caller, id)?;
        if target.account.disabled_at.is_some() {
            accounts::enable(tx, id)?;
            let entry = Entry::about(Event::AccountEnabled, id).with_actor(permitted.user);
            audit::record(tx, &entry, &permitted.origin, now)?;
        }
        Ok::<_, Problem>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}
