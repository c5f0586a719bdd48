//! Sessions and their refresh tokens.

use serde::Deserialize;
use shared::storage::{Connection, Error, Transaction, params};
use shared::{SessionId, Timestamp, UserId};

use super::DB;
use crate::method::Methods;
use crate::origin::Origin;
use crate::random::Hash;
use crate::refresh_token::{self, Standing};
use crate::session;

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
    /// The name of the application that it is of; none of the owner's own.
    pub application: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    /// Who acts in it as the account's owner, where it is somebody else.
    pub actor_id: Option<UserId>,
}

/// What came of showing a refresh token.
pub enum Rotation {
    /// The token was good, and has a successor in the same session.
    Rotated { session: Session, account: UserId },
    /// The token was exchanged before, and not just now: somebody has a copy of it. Its session is over.
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
                               methods, authenticated_at, rotated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?5, ?5)",
        params![
            id,
            account,
            origin.ip,
            origin.user_agent,
            now,
            session::expires_at(now, now),
            methods
        ],
    )?;
    add_token(connection, id, 0, token, now)?;
    Ok(Session {
        id,
        methods: methods.clone(),
        authenticated_at: now,
    })
}

/// Says that the proof the session began with is as old as it is: that of another session, in which an application was
/// approved.
pub fn date_back(
    connection: &Connection,
    session: Session,
    authenticated_at: Timestamp,
) -> Result<Session, Error> {
    connection.execute(
        "UPDATE sessions SET authenticated_at = ? WHERE id = ?",
        params![authenticated_at, session.id],
    )?;
    Ok(Session {
        authenticated_at,
        ..session
    })
}

/// Begins a session in which `actor`, from this session of their own, acts as the account's owner: without a refresh
/// token, until `ends`. None where that session is over.
pub fn begin_as(
    tx: &Transaction,
    account: UserId,
    (actor, actor_session): (UserId, SessionId),
    ends: Timestamp,
    now: Timestamp,
) -> Result<Option<Session>, Error> {
    // From where the actor asks is not the owner's to know, who sees this session.
    tx.query_one(
        "INSERT INTO sessions (id, account_id, created_at, last_used_at, expires_at, methods,
                               authenticated_at, rotated_at, actor_id, actor_session)
         SELECT ?1, ?2, ?3, ?3, ?4, methods, authenticated_at, ?3, account_id, id
         FROM sessions WHERE id = ?6 AND account_id = ?5 AND actor_id IS NULL
         RETURNING id, methods, authenticated_at",
        params![SessionId::new(), account, now, ends, actor, actor_session],
    )
}

/// Ends those of the account's sessions that are too many, the longest unused first, and says which.
pub fn end_surplus(connection: &Connection, account: UserId) -> Result<Vec<SessionId>, Error> {
    connection.query(
        "DELETE FROM sessions WHERE id IN (
            SELECT id FROM sessions WHERE account_id = ? AND actor_id IS NULL
            ORDER BY last_used_at DESC, id DESC LIMIT -1 OFFSET ?)
         RETURNING id",
        params![account, session::LIMIT],
    )
}

/// The session that a refresh token belongs to, and where in it the token stands.
#[derive(Deserialize)]
struct Shown {
    id: SessionId,
    account_id: UserId,
    methods: Methods,
    authenticated_at: Timestamp,
    created_at: Timestamp,
    generation: i64,
    rotated_at: Timestamp,
    behind: i64,
}

/// Exchanges a refresh token for a successor. Run it in a transaction, and commit whatever comes
/// of it: where the token was reused, that its session ended is what is to be stored.
pub fn rotate(
    connection: &Connection,
    token: &Hash,
    successor: &Hash,
    origin: &Origin,
    now: Timestamp,
) -> Result<Rotation, Error> {
    let shown: Option<Shown> = connection.query_one(
        "SELECT s.id, s.account_id, s.methods, s.authenticated_at, s.created_at, s.generation,
                s.rotated_at, s.generation - t.generation AS behind
         FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
         WHERE t.hash = ? AND s.expires_at > ?",
        params![token, now],
    )?;
    let Some(shown) = shown else {
        return Ok(Rotation::Unknown);
    };
    let (generation, rotated_at) = match Standing::of(shown.behind, shown.rotated_at, now) {
        Standing::Good => (shown.generation + 1, now),
        Standing::JustExchanged => (shown.generation, shown.rotated_at),
        Standing::Copied => {
            end(connection, shown.account_id, shown.id)?;
            return Ok(Rotation::Reused {
                session: shown.id,
                account: shown.account_id,
            });
        }
    };
    connection.execute(
        "UPDATE sessions SET generation = ?2, rotated_at = ?3, last_used_at = ?4, expires_at = ?5,
                             ip = ?6, user_agent = ?7
         WHERE id = ?1",
        params![
            shown.id,
            generation,
            rotated_at,
            now,
            session::expires_at(shown.created_at, now),
            origin.ip,
            origin.user_agent
        ],
    )?;
    // A token this old would have expired unused; that it was used can be forgotten.
    connection.execute(
        "DELETE FROM refresh_tokens WHERE session_id = ? AND created_at <= ?",
        params![shown.id, now.minus(refresh_token::LIFETIME)],
    )?;
    add_token(connection, shown.id, generation, successor, now)?;
    let session = Session {
        id: shown.id,
        methods: shown.methods,
        authenticated_at: shown.authenticated_at,
    };
    Ok(Rotation::Rotated {
        session,
        account: shown.account_id,
    })
}

fn add_token(
    connection: &Connection,
    session: SessionId,
    generation: i64,
    token: &Hash,
    now: Timestamp,
) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO refresh_tokens (hash, session_id, generation, created_at) VALUES (?, ?, ?, ?)",
        params![token, session, generation, now],
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

/// Ends all sessions of this account but `kept`, and says which.
pub fn end_all(
    connection: &Connection,
    account: UserId,
    kept: Option<SessionId>,
) -> Result<Vec<SessionId>, Error> {
    connection.query(
        "DELETE FROM sessions WHERE account_id = ?1 AND (?2 IS NULL OR id <> ?2) RETURNING id",
        params![account, kept],
    )
}

/// Whether a session of this account goes on, and is its owner's own: not one of an application's.
pub fn lives(account: UserId, session: SessionId, now: Timestamp) -> Result<bool, Error> {
    let found: Option<i64> = DB.connect()?.query_one(
        "SELECT 1 FROM sessions WHERE id = ?1 AND account_id = ?2 AND expires_at > ?3
         AND NOT EXISTS (SELECT 1 FROM oauth_grants WHERE session_id = ?1)",
        params![session, account, now],
    )?;
    Ok(found.is_some())
}

/// Which version of its roles the account has, whose own session this is and goes on; none where it does not, or is an
/// application's.
pub fn roles_version(
    account: UserId,
    session: SessionId,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    DB.connect()?.query_one(
        "SELECT a.roles_version FROM sessions s JOIN accounts a ON a.id = s.account_id
         WHERE s.id = ?1 AND s.account_id = ?2 AND s.expires_at > ?3
         AND NOT EXISTS (SELECT 1 FROM oauth_grants WHERE session_id = ?1)",
        params![session, account, now],
    )
}

/// The session with this id.
pub fn find(connection: &Connection, session: SessionId) -> Result<Option<Session>, Error> {
    connection.query_one(
        "SELECT id, methods, authenticated_at FROM sessions WHERE id = ?",
        params![session],
    )
}

/// The session's owner proved again who it is, by all of these methods so far.
pub fn prove(
    connection: &Connection,
    session: SessionId,
    methods: &Methods,
    now: Timestamp,
) -> Result<(), Error> {
    connection.execute(
        "UPDATE sessions SET methods = ?, authenticated_at = ? WHERE id = ?",
        params![methods, now, session],
    )?;
    Ok(())
}

/// Up to `count` sessions of this account, newest first, from before the one with this id.
pub fn list(
    account: UserId,
    before: Option<SessionId>,
    count: u32,
    now: Timestamp,
) -> Result<Vec<Listed>, Error> {
    DB.connect()?.query(
        "SELECT s.id, c.name AS application, s.ip, s.user_agent, s.created_at, s.last_used_at,
                s.expires_at, s.actor_id
         FROM sessions s LEFT JOIN oauth_grants g ON g.session_id = s.id
         LEFT JOIN oauth_clients c ON c.id = g.client_id
         WHERE s.account_id = ?1 AND s.expires_at > ?2 AND (?3 IS NULL OR s.id < ?3)
         ORDER BY s.id DESC LIMIT ?4",
        params![account, now, before, count],
    )
}
