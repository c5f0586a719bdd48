//! `DELETE /v1/auth/accounts/{id}/factors`: takes all second factors, for somebody who lost theirs.

use http::StatusCode;
use shared::{IfMatch, Path, Problem, Result, UserId, clock};

use super::{end_sessions, show};
use crate::authority::Authority;
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::outbox;
use crate::permission::FactorsReset;
use crate::permitted::Permitted;
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, challenges, passkeys, recovery_codes, totp};

/// Removes the authenticator app, passkeys and recovery codes, ends all sessions, and tells the owner. Make sure first
/// who asks for it: this is how accounts are stolen from those who protected them.
pub async fn reset(
    permitted: Permitted<FactorsReset>,
    if_match: IfMatch,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    let now = clock::now();
    require_recent(&permitted.caller, now)?;
    let authority = Authority::load().await?;
    DB.transaction(|tx| {
        show::check(&if_match, tx, id, &authority)?;
        let target = authority.over(tx, &permitted.caller, id)?;
        totp::remove(tx, id)?;
        passkeys::remove_all(tx, id)?;
        recovery_codes::remove(tx, id)?;
        challenges::withdraw_all(tx, id)?;
        end_sessions(tx, id, permitted.user, &permitted.origin, now)?;
        mail::notify(
            tx,
            &target.account,
            Notice::FactorsReset,
            &Origin::NOWHERE,
            now,
        )?;
        let entry = Entry::about(Event::FactorsReset, id).with_actor(permitted.user);
        audit::record(tx, &entry, &permitted.origin, now)?;
        Ok::<_, Problem>(())
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::NO_CONTENT)
}
