//! `DELETE /v1/auth/accounts/{id}`: removes somebody's account for good, and has every component forget the person.

use http::StatusCode;
use shared::{IfMatch, Path, Problem, Result, UserId, clock};

use super::{end_sessions, show};
use crate::authority::{Authority, no_account};
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::permission::AccountsDelete;
use crate::permitted::Permitted;
use crate::step_up::require_recent;
use crate::store::DB;
use crate::{deletion, outbox};

/// Removes it at once: the grace period is for those who ask themselves. 409 for oneself, who has
/// `DELETE /v1/auth/me`, and for the last administrator.
pub async fn delete(
    permitted: Permitted<AccountsDelete>,
    if_match: IfMatch,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    let now = clock::now();
    require_recent(&permitted.caller, now)?;
    let authority = Authority::load().await?;
    if id == permitted.user {
        return Err(Problem::conflict(
            "You cannot remove your own account here.",
        ));
    }
    DB.transaction(|tx| {
        show::check(&if_match, tx, id, &authority)?;
        let target = authority.over(tx, &permitted.caller, id)?;
        authority.keep_one(tx, id)?;
        end_sessions(tx, id, permitted.user, &permitted.origin, now)?;
        // From where the administrator asked is not the owner's to know.
        mail::notify(
            tx,
            &target.account,
            Notice::AccountRemoved,
            &Origin::NOWHERE,
            now,
        )?;
        match deletion::remove(tx, id, Some(permitted.user), &permitted.origin, now)? {
            true => Ok(()),
            false => Err(no_account()),
        }
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::NO_CONTENT)
}
