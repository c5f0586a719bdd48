//! The endpoints that webhooks go to.

use serde::Deserialize;
use shared::Timestamp;
use shared::storage::{Connection, Error, Transaction, params};

use super::DB;
use crate::webhook::EndpointId;

/// What an [`Endpoint`] is read from.
macro_rules! columns {
    () => {
        "id, url, events, secret, old_secret, old_secret_ends_at, failing_since, disabled_at,
         version, created_at, updated_at"
    };
}

/// An endpoint, as it is stored.
#[derive(Deserialize)]
pub struct Endpoint {
    pub id: EndpointId,
    pub url: String,
    /// JSON: a list of names, with a star at the end for the rest of one.
    events: String,
    secret: Vec<u8>,
    old_secret: Option<Vec<u8>>,
    old_secret_ends_at: Option<Timestamp>,
    /// When the first attempt failed after which none succeeded.
    pub failing_since: Option<Timestamp>,
    /// Since when nothing is sent.
    pub disabled_at: Option<Timestamp>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Endpoint {
    /// The names of what it is told of.
    pub fn events(&self) -> Vec<String> {
        serde_json::from_str(&self.events).unwrap_or_default()
    }

    /// The secrets that are good now, sealed, the newest first.
    pub fn secrets(&self, now: Timestamp) -> impl Iterator<Item = &[u8]> {
        let old = self.old_secret.as_deref();
        let lasts = self.old_secret_ends_at.is_some_and(|end| now < end);
        [Some(self.secret.as_slice()), old.filter(|_| lasts)]
            .into_iter()
            .flatten()
    }
}

/// What to change; what is none stays.
pub struct Change<'a> {
    pub url: Option<&'a str>,
    pub events: Option<&'a [String]>,
    /// Enabling it anew forgets that it failed.
    pub enabled: Option<bool>,
}

/// Stores a new endpoint.
pub fn create(
    tx: &Transaction,
    id: EndpointId,
    url: &str,
    events: &[String],
    secret: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO webhook_endpoints (id, url, events, secret, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        params![id, url, names(events), secret, now],
    )?;
    Ok(())
}

/// The endpoint with this id.
pub fn find(connection: &Connection, id: EndpointId) -> Result<Option<Endpoint>, Error> {
    connection.query_one(
        concat!(
            "SELECT ",
            columns!(),
            " FROM webhook_endpoints WHERE id = ?"
        ),
        params![id],
    )
}

/// Up to `count` endpoints after the one with this id, or from the first.
pub fn list(after: Option<EndpointId>, count: u32) -> Result<Vec<Endpoint>, Error> {
    DB.connect()?.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM webhook_endpoints WHERE id > coalesce(?, '') ORDER BY id LIMIT ?"
        ),
        params![after, count],
    )
}

/// Those that something is sent to.
pub fn enabled(connection: &Connection) -> Result<Vec<Endpoint>, Error> {
    connection.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM webhook_endpoints WHERE disabled_at IS NULL"
        ),
        params![],
    )
}

/// How many there are.
pub fn count(connection: &Connection) -> Result<i64, Error> {
    let count = connection.query_one("SELECT count(*) FROM webhook_endpoints", params![])?;
    Ok(count.unwrap_or(0))
}

/// Changes an endpoint. None where there is none.
pub fn change(
    tx: &Transaction,
    id: EndpointId,
    change: &Change,
    now: Timestamp,
) -> Result<Option<Endpoint>, Error> {
    tx.query_one(
        concat!(
            "UPDATE webhook_endpoints
             SET url = coalesce(?2, url), events = coalesce(?3, events),
                 disabled_at = CASE ?4 WHEN 1 THEN NULL WHEN 0 THEN coalesce(disabled_at, ?5)
                               ELSE disabled_at END,
                 failing_since = CASE ?4 WHEN 1 THEN NULL ELSE failing_since END,
                 version = version + 1, updated_at = ?5
             WHERE id = ?1
             RETURNING ",
            columns!()
        ),
        params![
            id,
            change.url,
            change.events.map(names),
            change.enabled,
            now
        ],
    )
}

/// Removes an endpoint and what was told to it. False where there is none.
pub fn delete(tx: &Transaction, id: EndpointId) -> Result<bool, Error> {
    let deleted = tx.execute("DELETE FROM webhook_endpoints WHERE id = ?", params![id])?;
    Ok(deleted > 0)
}

/// Signs with `secret` from now on, and until `overlap_ends` with the one before it as well. False where
/// there is no such endpoint.
pub fn rotate(
    tx: &Transaction,
    id: EndpointId,
    secret: &[u8],
    overlap_ends: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let rotated = tx.execute(
        "UPDATE webhook_endpoints
         SET old_secret = secret, old_secret_ends_at = ?3, secret = ?2,
             version = version + 1, updated_at = ?4
         WHERE id = ?1",
        params![id, secret, overlap_ends, now],
    )?;
    Ok(rotated > 0)
}

/// Remembers that an attempt succeeded.
pub fn succeeded(tx: &Transaction, id: EndpointId) -> Result<(), Error> {
    tx.execute(
        "UPDATE webhook_endpoints SET failing_since = NULL
         WHERE id = ? AND failing_since IS NOT NULL",
        params![id],
    )?;
    Ok(())
}

/// Remembers that an attempt failed, and says since when they do.
pub fn failed(
    tx: &Transaction,
    id: EndpointId,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    tx.query_one(
        "UPDATE webhook_endpoints SET failing_since = coalesce(failing_since, ?2)
         WHERE id = ?1 RETURNING failing_since",
        params![id, now],
    )
}

/// Sends nothing to it any more. False where that is so already.
pub fn disable(tx: &Transaction, id: EndpointId, now: Timestamp) -> Result<bool, Error> {
    let disabled = tx.execute(
        "UPDATE webhook_endpoints SET disabled_at = ?2, version = version + 1, updated_at = ?2
         WHERE id = ?1 AND disabled_at IS NULL",
        params![id, now],
    )?;
    Ok(disabled > 0)
}

/// Cannot fail: a list of texts.
fn names(events: &[String]) -> String {
    serde_json::to_string(events).unwrap_or_default()
}
