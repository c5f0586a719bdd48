//! Which sessions are an application's, and what it may see in them.

use serde::Deserialize;
use shared::storage::{Connection, Error, params};
use shared::{SessionId, UserId};

use crate::authorization::{ClientId, Scope};
use crate::random::Hash;

/// What a session was granted to.
#[derive(Debug, Deserialize)]
pub struct Grant {
    pub client_id: ClientId,
    pub scope: Scope,
}

/// Says whose the session is.
pub fn add(
    connection: &Connection,
    session: SessionId,
    grant: &Grant,
    code: &Hash,
) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO oauth_grants (session_id, client_id, scope, code_hash) VALUES (?, ?, ?, ?)",
        params![session, grant.client_id, grant.scope, code],
    )?;
    Ok(())
}

/// Whose the session is; `None` where it is its owner's own, or over.
pub fn of_session(connection: &Connection, session: SessionId) -> Result<Option<Grant>, Error> {
    connection.query_one(
        "SELECT client_id, scope FROM oauth_grants WHERE session_id = ?",
        params![session],
    )
}

/// Whose the session of this refresh token is.
pub fn of_token(connection: &Connection, token: &Hash) -> Result<Option<Grant>, Error> {
    connection.query_one(
        "SELECT g.client_id, g.scope FROM oauth_grants g
         JOIN refresh_tokens t ON t.session_id = g.session_id WHERE t.hash = ?",
        params![token],
    )
}

/// The session that was begun with this code.
pub fn begun_with(
    connection: &Connection,
    code: &Hash,
) -> Result<Option<(SessionId, UserId)>, Error> {
    connection.query_one(
        "SELECT s.id, s.account_id FROM oauth_grants g JOIN sessions s ON s.id = g.session_id
         WHERE g.code_hash = ?",
        params![code],
    )
}

/// The session of this client that this refresh token is of.
pub fn session_of(
    connection: &Connection,
    client: ClientId,
    token: &Hash,
) -> Result<Option<(SessionId, UserId)>, Error> {
    connection.query_one(
        "SELECT s.id, s.account_id FROM oauth_grants g
         JOIN refresh_tokens t ON t.session_id = g.session_id
         JOIN sessions s ON s.id = g.session_id
         WHERE t.hash = ? AND g.client_id = ?",
        params![token, client],
    )
}

/// Ends the account's sessions of this client, and says which.
pub fn end_all(
    connection: &Connection,
    account: UserId,
    client: ClientId,
) -> Result<Vec<SessionId>, Error> {
    connection.query(
        "DELETE FROM sessions
         WHERE account_id = ?1 AND id IN (SELECT session_id FROM oauth_grants WHERE client_id = ?2)
         RETURNING id",
        params![account, client],
    )
}
