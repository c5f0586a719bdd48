//! Dangerous calls want a recent proof of who is there: a session left open in a library, or a stolen
//! token, is not enough to take an account over.

use std::time::Duration;

use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use shared::storage::Transaction;
use shared::{Caller, Problem, Result, SessionId, Timestamp};

use crate::account::Account;
use crate::factor;
use crate::routes::signed_in;
use crate::store::DB;
use crate::store::sessions::{self, Session};

/// How recent. Whoever has just signed in need not prove anything again.
const RECENT: Duration = Duration::from_secs(10 * 60);

/// RFC 9470 section 3, for clients that know it.
const CHALLENGE: &str = r#"Bearer error="insufficient_user_authentication", max_age="600""#;

/// The caller's account and session, or 403 where the session's last proof is not recent, or was less
/// than the account can be proven with. Call it first in everything that could be used to take an
/// account over: changes of its address, password or factors, its deletion, the keys of the application.
pub fn require_recent(caller: &Caller, now: Timestamp) -> Result<(Account, Session)> {
    if caller.actor.is_some() {
        return Err(Problem::forbidden("Not in somebody else's name."));
    }
    let (account, session) = signed_in(caller, now)?;
    let connection = DB.connect()?;
    let session = sessions::find(connection, session)?.ok_or_else(ended)?;
    let has_second = !factor::of(connection, account.id)?.is_empty();
    if is_recent(&session, has_second, now) {
        return Ok((account, session));
    }
    Err(wanted())
}

/// Makes sure, in the transaction that adds a way in, that the session goes on still: who was shown out a moment ago, by a
/// reset say, must not leave a key behind.
pub fn require_still(tx: &Transaction, session: SessionId) -> Result<()> {
    match sessions::find(tx, session)? {
        Some(_) => Ok(()),
        None => Err(ended()),
    }
}

fn ended() -> Problem {
    Problem::unauthorized("This session has ended. Sign in again.")
}

/// The answer to whoever has to prove again who they are.
pub fn wanted() -> Problem {
    Problem::forbidden(
        "This takes a recent proof of who you are: POST /v1/auth/step-up, or sign in again.",
    )
    .with_slug("step-up-required")
    .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE))
}

fn is_recent(session: &Session, has_second: bool, now: Timestamp) -> bool {
    let is_complete = !has_second || session.methods.is_multi_factor();
    is_complete && now < session.authenticated_at.plus(RECENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::{Method, Methods};

    fn session(methods: Methods) -> Session {
        Session {
            id: SessionId::new(),
            methods,
            authenticated_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn a_proof_is_recent_for_ten_minutes() {
        let session = session(Methods::one(Method::Password));
        assert!(is_recent(&session, false, Timestamp::from_millis(599_999)));
        assert!(!is_recent(&session, false, Timestamp::from_millis(600_000)));
    }

    #[test]
    fn a_password_is_not_enough_where_there_is_a_second_factor() {
        let now = Timestamp::from_millis(1);
        let password = Methods::one(Method::Password);
        assert!(!is_recent(&session(password.clone()), true, now));
        let both = password.and_second(Method::Totp);
        assert!(is_recent(&session(both), true, now));
    }
}
