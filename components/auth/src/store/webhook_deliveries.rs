//! What was told to endpoints, or is to be: one row for each thing and each endpoint that wants it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::storage::{Connection, Error, Transaction, params};
use shared::{Timestamp, UserId};

use super::outbox::{self, Kind};
use super::{DB, accounts, webhook_endpoints};
use crate::webhook::event::{Happening, is_wanted, name};
use crate::webhook::{DeliveryId, EndpointId};

/// How long is kept what was told; it holds people's addresses.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What a [`Delivery`] is read from.
macro_rules! columns {
    () => {
        "id, event, created_at, attempts, attempted_at, response_status, failure, delivered_at,
         next_attempt_at"
    };
}

/// One thing told to one endpoint, without its body.
#[derive(Debug, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub event: String,
    pub created_at: Timestamp,
    pub attempts: i64,
    pub attempted_at: Option<Timestamp>,
    pub response_status: Option<u16>,
    pub failure: Option<String>,
    pub delivered_at: Option<Timestamp>,
    /// None where it was delivered or given up.
    pub next_attempt_at: Option<Timestamp>,
}

/// What the outbox holds of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Due {
    pub delivery: DeliveryId,
}

/// What one attempt came to.
pub struct Attempt<'a> {
    pub response_status: Option<u16>,
    /// None where it was delivered.
    pub failure: Option<&'a str>,
    pub next_attempt_at: Option<Timestamp>,
}

/// Tells every endpoint that wants to know. Run it in the transaction of what happened.
pub fn announce(tx: &Transaction, happening: &Happening, now: Timestamp) -> Result<(), Error> {
    let event = name(happening.audited);
    let mut endpoints = webhook_endpoints::enabled(tx)?;
    endpoints.retain(|endpoint| is_wanted(&endpoint.events(), &event));
    if endpoints.is_empty() {
        return Ok(());
    }
    let account = match happening.subject {
        Some(subject) => accounts::find(tx, subject)?,
        None => None,
    };
    let payload = happening.payload(account.as_ref(), now).to_string();
    for endpoint in endpoints {
        add(tx, endpoint.id, &event, happening.subject, &payload, now)?;
    }
    Ok(())
}

/// Adds what is to be told to one endpoint. What was told long ago goes.
pub fn add(
    tx: &Transaction,
    endpoint: EndpointId,
    event: &str,
    user: Option<UserId>,
    payload: &str,
    now: Timestamp,
) -> Result<DeliveryId, Error> {
    tx.execute(
        "DELETE FROM webhook_deliveries WHERE created_at <= ?",
        params![now.minus(KEPT)],
    )?;
    let id = DeliveryId::new();
    tx.execute(
        "INSERT INTO webhook_deliveries
            (id, endpoint_id, event, user_id, payload, created_at, next_attempt_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
        params![id, endpoint, event, user, payload, now],
    )?;
    outbox::add(tx, Kind::Webhook, &Due { delivery: id }, now)?;
    Ok(id)
}

/// Tells it once more, as it was told before. None where the endpoint was told no such thing.
pub fn replay(
    tx: &Transaction,
    endpoint: EndpointId,
    id: DeliveryId,
    now: Timestamp,
) -> Result<Option<Delivery>, Error> {
    let delivery = tx.query_one(
        concat!(
            "UPDATE webhook_deliveries SET next_attempt_at = ?3
             WHERE id = ?1 AND endpoint_id = ?2 RETURNING ",
            columns!()
        ),
        params![id, endpoint, now],
    )?;
    if delivery.is_some() {
        outbox::add(tx, Kind::Webhook, &Due { delivery: id }, now)?;
    }
    Ok(delivery)
}

/// What is to be told, and to whom. None where it was forgotten, or its endpoint was removed.
pub fn payload(
    connection: &Connection,
    id: DeliveryId,
) -> Result<Option<(EndpointId, String)>, Error> {
    connection.query_one(
        "SELECT endpoint_id, payload FROM webhook_deliveries WHERE id = ?",
        params![id],
    )
}

/// Remembers an attempt.
pub fn attempted(
    tx: &Transaction,
    id: DeliveryId,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE webhook_deliveries
         SET attempts = attempts + 1, attempted_at = ?2, response_status = ?3, failure = ?4,
             delivered_at = CASE WHEN ?4 IS NULL THEN ?2 ELSE delivered_at END,
             next_attempt_at = ?5
         WHERE id = ?1",
        params![
            id,
            now,
            attempt.response_status,
            attempt.failure,
            attempt.next_attempt_at
        ],
    )?;
    Ok(())
}

/// Gives up what was not sent, because nothing is sent to its endpoint any more.
pub fn give_up(connection: &Connection, id: DeliveryId, why: &str) -> Result<(), Error> {
    connection.execute(
        "UPDATE webhook_deliveries SET failure = ?2, next_attempt_at = NULL WHERE id = ?1",
        params![id, why],
    )?;
    Ok(())
}

/// One delivery to this endpoint.
pub fn find(
    connection: &Connection,
    endpoint: EndpointId,
    id: DeliveryId,
) -> Result<Option<Delivery>, Error> {
    connection.query_one(
        concat!(
            "SELECT ",
            columns!(),
            " FROM webhook_deliveries WHERE id = ? AND endpoint_id = ?"
        ),
        params![id, endpoint],
    )
}

/// Up to `count` deliveries to this endpoint, newest first, from before the one with this id.
pub fn list(
    endpoint: EndpointId,
    before: Option<DeliveryId>,
    count: u32,
) -> Result<Vec<Delivery>, Error> {
    DB.connect()?.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM webhook_deliveries
             WHERE endpoint_id = ?1 AND id < coalesce(?2, 'msg_~') ORDER BY id DESC LIMIT ?3"
        ),
        params![endpoint, before, count],
    )
}
