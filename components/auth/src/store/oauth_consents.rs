//! What people agreed that applications may see.

use serde::Deserialize;
use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

use super::DB;
use crate::authorization::{ClientId, Scope};

/// A consent, as whoever gave it sees it.
#[derive(Debug, Deserialize)]
pub struct Consent {
    pub client_id: ClientId,
    pub name: String,
    pub scope: Scope,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What the account agreed that this client may see.
pub fn find(
    connection: &Connection,
    account: UserId,
    client: ClientId,
) -> Result<Option<Scope>, Error> {
    connection.query_one(
        "SELECT scope FROM oauth_consents WHERE account_id = ? AND client_id = ?",
        params![account, client],
    )
}

/// Remembers that the account agreed to this, in the place of what it agreed to before.
pub fn set(
    connection: &Connection,
    account: UserId,
    client: ClientId,
    scope: &Scope,
    now: Timestamp,
) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO oauth_consents (account_id, client_id, scope, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT DO UPDATE SET scope = excluded.scope, updated_at = excluded.updated_at",
        params![account, client, scope, now],
    )?;
    Ok(())
}

/// Up to `count` consents of the account, in the order of their clients, from before the one with this id.
pub fn list(account: UserId, before: Option<ClientId>, count: u32) -> Result<Vec<Consent>, Error> {
    DB.connect()?.query(
        "SELECT c.client_id, a.name, c.scope, c.created_at, c.updated_at
         FROM oauth_consents c JOIN oauth_clients a ON a.id = c.client_id
         WHERE c.account_id = ?1 AND (?2 IS NULL OR c.client_id < ?2) ORDER BY c.client_id DESC LIMIT ?3",
        params![account, before, count],
    )
}

/// Takes a consent back. False where the account gave none.
pub fn remove(connection: &Connection, account: UserId, client: ClientId) -> Result<bool, Error> {
    let removed = connection.execute(
        "DELETE FROM oauth_consents WHERE account_id = ? AND client_id = ?",
        params![account, client],
    )?;
    Ok(removed > 0)
}

/// Takes all of the account's consents back.
pub fn remove_all(connection: &Connection, account: UserId) -> Result<(), Error> {
    connection.execute(
        "DELETE FROM oauth_consents WHERE account_id = ?",
        params![account],
    )?;
    Ok(())
}
