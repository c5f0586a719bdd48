//! Applications that people sign in to through this one.

use serde::Deserialize;
use shared::Timestamp;
use shared::storage::{Connection, Error, params};

use super::DB;
use crate::authorization::{Client, ClientId, Scope};
use crate::random::Hash;

/// What a [`Row`] is read from.
macro_rules! columns {
    () => {
        "id, name, secret_hash IS NOT NULL AS confidential, redirect_uris, scope, version, created_at, updated_at"
    };
}

#[derive(Deserialize)]
struct Row {
    id: ClientId,
    name: String,
    confidential: bool,
    /// JSON that [`create`] wrote.
    redirect_uris: String,
    scope: Scope,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Client {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            confidential: row.confidential,
            // None would match nothing.
            redirect_uris: serde_json::from_str(&row.redirect_uris).unwrap_or_default(),
            scope: row.scope,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What to change; what is none stays.
pub struct Change<'a> {
    pub name: Option<&'a str>,
    pub redirect_uris: Option<&'a [String]>,
    pub scope: Option<&'a Scope>,
}

/// Stores a new client, with its secret if it can keep one.
pub fn create(
    connection: &Connection,
    client: &Client,
    secret: Option<&Hash>,
) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO oauth_clients (id, name, secret_hash, redirect_uris, scope, version, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            client.id,
            client.name,
            secret,
            json(&client.redirect_uris),
            client.scope,
            client.version,
            client.created_at,
            client.updated_at
        ],
    )?;
    Ok(())
}

/// The client of this id.
pub fn find(connection: &Connection, id: ClientId) -> Result<Option<Client>, Error> {
    let row: Option<Row> = connection.query_one(
        concat!("SELECT ", columns!(), " FROM oauth_clients WHERE id = ?"),
        params![id],
    )?;
    Ok(row.map(Client::from))
}

/// The client of this id, if it showed a secret of its own, or none where it has none.
pub fn authenticate(
    connection: &Connection,
    id: ClientId,
    secret: Option<&Hash>,
    now: Timestamp,
) -> Result<Option<Client>, Error> {
    let row: Option<Row> = connection.query_one(
        concat!(
            "SELECT ",
            columns!(),
            " FROM oauth_clients WHERE id = ?1
               AND (secret_hash IS ?2 OR (old_secret_hash = ?2 AND old_secret_ends_at > ?3))"
        ),
        params![id, secret, now],
    )?;
    Ok(row.map(Client::from))
}

/// Up to `count` clients, newest first, from before the one with this id.
pub fn list(before: Option<ClientId>, count: u32) -> Result<Vec<Client>, Error> {
    let rows: Vec<Row> = DB.connect()?.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM oauth_clients WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2"
        ),
        params![before, count],
    )?;
    Ok(rows.into_iter().map(Client::from).collect())
}

/// Changes a client. `None` where there is none.
pub fn change(
    connection: &Connection,
    id: ClientId,
    change: &Change,
    now: Timestamp,
) -> Result<Option<Client>, Error> {
    let row: Option<Row> = connection.query_one(
        concat!(
            "UPDATE oauth_clients SET name = coalesce(?2, name), redirect_uris = coalesce(?3, redirect_uris),
                    scope = coalesce(?4, scope), version = version + 1, updated_at = ?5
             WHERE id = ?1 RETURNING ",
            columns!()
        ),
        params![
            id,
            change.name,
            change.redirect_uris.map(json),
            change.scope,
            now
        ],
    )?;
    Ok(row.map(Client::from))
}

/// Gives a confidential client another secret; its old one is good until `old_ends_at`, or no more. False where there
/// is no such client.
pub fn rotate(
    connection: &Connection,
    id: ClientId,
    secret: &Hash,
    old_ends_at: Option<Timestamp>,
) -> Result<bool, Error> {
    let rotated = connection.execute(
        "UPDATE oauth_clients
         SET old_secret_hash = iif(?3 IS NULL, NULL, secret_hash), old_secret_ends_at = ?3, secret_hash = ?2
         WHERE id = ?1 AND secret_hash IS NOT NULL",
        params![id, secret, old_ends_at],
    )?;
    Ok(rotated > 0)
}

/// Removes a client, and ends every session that was its. False where there is none of this id.
pub fn remove(connection: &Connection, id: ClientId) -> Result<bool, Error> {
    connection.execute(
        "DELETE FROM sessions WHERE id IN (SELECT session_id FROM oauth_grants WHERE client_id = ?)",
        params![id],
    )?;
    let removed = connection.execute("DELETE FROM oauth_clients WHERE id = ?", params![id])?;
    Ok(removed > 0)
}

fn json(uris: &[String]) -> String {
    serde_json::json!(uris).to_string()
}
