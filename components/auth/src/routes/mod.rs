//! The endpoints, one a file.

pub mod accounts;
pub mod api_keys;
pub mod audit_log;
pub mod code;
pub mod deliver;
pub mod email_change;
pub mod email_verification;
pub mod email_verify;
pub mod factors;
pub mod identities;
pub mod identity_link;
pub mod identity_unlink;
pub mod import;
pub mod jwks;
pub mod magic_link;
pub mod me;
pub mod oauth2;
pub mod oauth_authorize;
pub mod oauth_callback;
pub mod oauth_clients;
pub mod oauth_consents;
pub mod oauth_exchange;
pub mod organizations;
pub mod passkeys;
pub mod password_change;
pub mod password_forgot;
pub mod password_reset;
pub mod recovery_codes;
pub mod refresh;
pub mod revocations;
pub mod revoke;
pub mod roles;
pub mod rotate_keys;
pub mod second_factor;
pub mod session_organization;
pub mod sessions;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
pub mod step_up;
pub mod totp;
pub mod webhooks;

use shared::{Caller, FieldError, Problem, Result, SessionId, Timestamp};

use crate::account::Account;
use crate::factor;
use crate::guess::{Guessed, too_early};
use crate::origin::Origin;
use crate::password::{Password, Peppers, Verdict};
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{self, DB, guesses};

/// The caller's session, as long as it goes on. An access token outlives it by minutes; nothing here
/// can be done with such a token; nor with one of an application that the caller signed in to.
pub fn live_session(caller: &Caller, now: Timestamp) -> Result<SessionId> {
    let session = caller.session.as_deref().and_then(|id| id.parse().ok());
    match session {
        Some(session) if store::sessions::lives(caller.user, session, now)? => Ok(session),
        _ => Err(session_ended()),
    }
}

fn session_ended() -> Problem {
    Problem::unauthorized("This session has ended. Sign in again.")
}

/// The caller's account and session, as [`live_session`] has it.
pub fn signed_in(caller: &Caller, now: Timestamp) -> Result<(Account, SessionId)> {
    let session = live_session(caller, now)?;
    let account = store::accounts::find(DB.connect()?, caller.user)?;
    let account = account.ok_or_else(|| Problem::unauthorized("This account is gone."))?;
    Ok((account, session))
}

/// Makes sure that it is the owner who asks, not somebody who found the device or a token: by the
/// account's password, and, where it has none or has a second factor besides, by a recent proof. The
/// password's hash, if there is one.
fn confirm_password(
    caller: &Caller,
    password: Option<&Password>,
    peppers: &Peppers,
    origin: &Origin,
    now: Timestamp,
) -> Result<Option<String>> {
    let connection = DB.connect()?;
    let hash = store::passwords::find(caller.user)?;
    if hash.is_none() || !factor::of(connection, caller.user)?.is_empty() {
        require_recent(caller, now)?;
    }
    let Some(hash) = hash else {
        return Ok(None);
    };
    let Some(password) = password else {
        return Err(wrong_password());
    };
    let guessed = Guessed::Password;
    let wait = DB.transaction(|tx| guesses::begin(tx, caller.user, guessed, now))?;
    if let Some(wait) = wait {
        return Err(too_early(wait));
    }
    if password.verify(Some(&hash), peppers)? == Verdict::Wrong {
        let entry = Entry::about(Event::StepUpFailed, caller.user);
        DB.transaction(|tx| audit::record(tx, &entry, origin, now))?;
        return Err(wrong_password());
    }
    DB.transaction(|tx| guesses::end(tx, caller.user, guessed))?;
    Ok(Some(hash))
}

fn wrong_password() -> Problem {
    let error = FieldError::new("current_password", "is wrong");
    Problem::invalid(vec![error])
}
