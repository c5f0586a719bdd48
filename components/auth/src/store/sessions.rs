//! Sessions and their refresh tokens.

use serde::Deserialize;
use shared::storage::{Connection, Error, params};
use shared::{SessionId, Timestamp, UserId};

use super::DB;
use crate::method::Methods;
use crate::origin::Origin;
use crate::random::Hash;
use crate::refresh_token;

/// What a session's tokens say of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Session {
    pub id: SessionId,
    /// How its owner proved who it is.
    pub methods: Methods,
    /// When last.
    pub authenticated_at: Timestamp,
}

/// A session that goes on, as its owner sees it.
#[derive(Debug, Deserialize)]
pub struct Listed {
    pub id: SessionId,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What came of showing a refresh token.
pub enum Rotation {
    /// The token was good, and has a successor in the same session.
    Rotated { session: Session, account: UserId },
    /// The token had a successor already: somebody has a copy of it. Its session is over.
    Reused { session: SessionId, account: UserId },
    /// There is no such token, or it is too late for it.
    Unknown,
}

/// Begins a session with its first refresh token. What the account's older sessions left behind
/// when they expired goes.
pub fn begin(
    connection: &Connection,
    account: UserId,
    methods: &Methods,
    origin: &Origin,
    token: &Hash,
    now: Timestamp,
) -> Result<Session, Error> {
    let id = SessionId::new();
    connection.execute(
        "DELETE FROM sessions WHERE account_id = ? AND expires_at <= ?",
        params![account, now],
    )?;
    connection.execute(
        "INSERT INTO sessions (id, account_id, ip, user_agent, created_at, last_used_at, expires_at,
                               methods, authenticated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?5)",
        params![
            id,
            account,
            origin.ip,
            origin.user_agent,
            now,
            now.plus(refresh_token::LIFETIME),
            methods
        ],
    )?;
    add_token(connection, id, token, now)?;
    Ok(Session {
        id,
        methods: methods.clone(),
        authenticated_at: now,
    })
}

/// Exchanges a refresh token for its successor. Run it in a transaction, and commit whatever comes
/// of it: where the token was reused, that its session ended is what is to be stored.
pub fn rotate(
    connection: &Connection,
    token: &Hash,
    successor: &Hash,
    now: Timestamp,
) -> Result<Rotation, Error> {
    let session: Option<SessionId> = connection.query_one(
        "UPDATE refresh_tokens SET rotated_at = ?2
         WHERE hash = ?1 AND rotated_at IS NULL
           AND EXISTS (SELECT 1 FROM sessions WHERE id = session_id AND expires_at > ?2)
         RETURNING session_id",
        params![token, now],
    )?;
    let Some(session) = session else {
        let reused: Option<(SessionId, UserId)> = connection.query_one(
            "DELETE FROM sessions WHERE id =
                (SELECT session_id FROM refresh_tokens WHERE hash = ? AND rotated_at IS NOT NULL)
             RETURNING id, account_id",
            params![token],
        )?;
        return Ok(match reused {
            Some((session, account)) => Rotation::Reused { session, account },
            None => Rotation::Unknown,
        });
    };
    let updated: Option<(UserId, Methods, Timestamp)> = connection.query_one(
        "UPDATE sessions SET last_used_at = ?2, expires_at = ?3 WHERE id = ?1
         RETURNING account_id, methods, authenticated_at",
        params![session, now, now.plus(refresh_token::LIFETIME)],
    )?;
    let Some((account, methods, authenticated_at)) = updated else {
        return Ok(Rotation::Unknown);
    };
    // A token this old would have expired unused; that it was used can be forgotten.
    connection.execute(
        "DELETE FROM refresh_tokens WHERE session_id = ? AND created_at <= ?",
        params![session, now.minus(refresh_token::LIFETIME)],
    )?;
    add_token(connection, session, successor, now)?;
    let session = Session {
        id: session,
        methods,
        authenticated_at,
    };
    Ok(Rotation::Rotated { session, account })
}

fn add_token(
    connection: &Connection,
    session: SessionId,
    token: &Hash,
    now: Timestamp,
) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES (?, ?, ?)",
        params![token, session, now],
    )?;
    Ok(())
}

/// Ends a session of this account. False where the account has no such session.
pub fn end(connection: &Connection, account: UserId, session: SessionId) -> Result<bool, Error> {
    let ended = connection.execute(
        "DELETE FROM sessions WHERE id = ? AND account_id = ?",
        params![session, account],
    )?;
    Ok(ended > 0)
}

/// Whether a session of this account goes on.
pub fn lives(account: UserId, session: SessionId, now: Timestamp) -> Result<bool, Error> {
    let found: Option<i64> = DB.connect()?.query_one(
        "SELECT 1 FROM sessions WHERE id = ? AND account_id = ? AND expires_at > ?",
        params![session, account, now],
    )?;
    Ok(found.is_some())
}

/// Up to `count` sessions of this account, newest first, from before the one with this id.
pub fn list(
    account: UserId,
    before: Option<SessionId>,
    count: u32,
    now: Timestamp,
) -> Result<Vec<Listed>, Error> {
    DB.connect()?.query(
        "SELECT id, ip, user_agent, created_at, last_used_at, expires_at FROM sessions
         WHERE account_id = ?1 AND expires_at > ?2 AND (?3 IS NULL OR id < ?3)
         ORDER BY id DESC LIMIT ?4",
        params![account, now, before, count],
    )
}
