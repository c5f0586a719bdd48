//! The endpoints, one a file.

pub mod email_verification;
pub mod email_verify;
pub mod factors;
pub mod jwks;
pub mod passkeys;
pub mod recovery_codes;
pub mod refresh;
pub mod revocations;
pub mod revoke;
pub mod rotate_keys;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
pub mod step_up;
pub mod totp;

use shared::{Caller, Problem, Result, SessionId, Timestamp};

use crate::account::Account;
use crate::store;

/// The caller's session, as long as it goes on. An access token outlives it by minutes; nothing here
/// can be done with such a token.
fn live_session(caller: &Caller, now: Timestamp) -> Result<SessionId> {
    let session = caller.session.as_deref().and_then(|id| id.parse().ok());
    match session {
        Some(session) if store::sessions::lives(caller.user, session, now)? => Ok(session),
        _ => Err(Problem::unauthorized(
            "This session has ended. Sign in again.",
        )),
    }
}

/// The caller's account and session, as [`live_session`] has it.
pub fn signed_in(caller: &Caller, now: Timestamp) -> Result<(Account, SessionId)> {
    let session = live_session(caller, now)?;
    let account = store::accounts::find(store::DB.connect()?, caller.user)?;
    let account = account.ok_or_else(|| Problem::unauthorized("This account is gone."))?;
    Ok((account, session))
}
