//! The audit: what happened to accounts and sessions. Written in the transaction of what it tells of,
//! so that neither is there without the other.

use shared::storage::{Connection, Error, params};
use shared::{SessionId, Timestamp, UserId};

use crate::origin::Origin;

/// Something that somebody may have to account for one day.
pub enum Event {
    SignedUp {
        account: UserId,
    },
    SignedIn {
        account: UserId,
        session: SessionId,
    },
    /// The account is known only where the address was.
    SignInFailed {
        account: Option<UserId>,
    },
    /// Nobody can say whether the thief or the owner showed the token.
    RefreshReused {
        session: SessionId,
    },
    SignedOut {
        account: UserId,
        session: SessionId,
    },
    SessionRevoked {
        account: UserId,
        session: SessionId,
    },
}

/// Adds an event.
pub fn record(
    connection: &Connection,
    event: &Event,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    let (name, actor, subject) = match event {
        Event::SignedUp { account } => ("sign-up", Some(account), Some(account.to_string())),
        Event::SignedIn { account, session } => {
            ("sign-in", Some(account), Some(session.to_string()))
        }
        Event::SignInFailed { account } => {
            ("sign-in-failed", None, account.map(|id| id.to_string()))
        }
        Event::RefreshReused { session } => ("refresh-reused", None, Some(session.to_string())),
        Event::SignedOut { account, session } => {
            ("sign-out", Some(account), Some(session.to_string()))
        }
        Event::SessionRevoked { account, session } => {
            ("session-revoked", Some(account), Some(session.to_string()))
        }
    };
    connection.execute(
        "INSERT INTO audit (at, event, actor, subject, ip) VALUES (?, ?, ?, ?, ?)",
        params![now, name, actor, subject, origin.ip],
    )?;
    Ok(())
}
