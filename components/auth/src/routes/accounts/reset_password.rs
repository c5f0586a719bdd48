//! `POST /v1/auth/accounts/{id}/reset-password`: the password is good no more, and a link to choose another is mailed.

use http::StatusCode;
use shared::{IfMatch, Path, Problem, Result, UserId, clock};

use super::{end_sessions, show};
use crate::authority::Authority;
use crate::mail::{self, Letter};
use crate::permission::PasswordsReset;
use crate::permitted::Permitted;
use crate::proof::{self, Mailed};
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Challenge, Purpose};
use crate::store::{DB, device_tokens, passwords};
use crate::{outbox, random};

/// Ends all sessions, forgets the password and the devices that were known, and mails a link. Second factors stay.
pub async fn reset(
    permitted: Permitted<PasswordsReset>,
    if_match: IfMatch,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    let now = clock::now();
    let authority = Authority::load().await?;
    let secret = random::secret("pr_")?;
    DB.transaction(|tx| {
        show::check(&if_match, tx, id, &authority)?;
        let account = authority.over(tx, &permitted.caller, id)?.account;
        if account.disabled_at.is_some() {
            return Err(Problem::conflict("This account is disabled."));
        }
        end_sessions(tx, id, permitted.user, &permitted.origin, now)?;
        passwords::remove(tx, id)?;
        device_tokens::forget(tx, id)?;
        challenges::withdraw_all(tx, id)?;
        let challenge = Challenge {
            purpose: Purpose::ResetPassword,
            account: Some(id),
            secret: &random::hash(&secret),
            code: None,
            data: &Mailed {
                email: account.email.clone(),
            },
            lifetime: proof::RESET,
        };
        challenges::set(tx, &challenge, now)?;
        let letter = Letter::ForcedReset { token: secret };
        mail::post(tx, Some(&account.email), letter, now)?;
        let entry = Entry::about(Event::PasswordResetForced, id).with_actor(permitted.user);
        Ok(audit::record(tx, &entry, &permitted.origin, now)?)
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::ACCEPTED)
}
