//! The outbox: what auth must learn of organisations, until it did.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use shared::Timestamp;
use shared::storage::{Connection, Error, params};

/// How long a delivery may take before another instance tries it again.
const LEASE: Duration = Duration::from_secs(30);
/// How long the first failure makes wait; each further one makes wait twice as long, up to the last.
const FIRST_DELAY: Duration = Duration::from_secs(2);
const DOUBLINGS: u32 = 11;

/// A message that is this instance's to deliver now.
#[derive(Debug, Deserialize)]
pub struct Message {
    /// Newer ones have higher numbers.
    pub number: i64,
    /// This one counts.
    attempts: u32,
}

/// Adds a message. Run it in the transaction of what the message tells of.
pub fn add(tx: &Connection, payload: &Value, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO outbox (payload, due_at) VALUES (?, ?)",
        params![payload.to_string(), now],
    )?;
    Ok(())
}

/// Claims the oldest message that is due: nobody else has it for a while.
pub fn claim(connection: &Connection, now: Timestamp) -> Result<Option<Message>, Error> {
    connection.query_one(
        "UPDATE outbox SET attempts = attempts + 1, due_at = ?2, is_held = 1
         WHERE number = (SELECT number FROM outbox WHERE due_at <= ?1 ORDER BY number LIMIT 1)
         RETURNING number, attempts",
        params![now, now.plus(LEASE)],
    )
}

/// What a message says, a JSON object. None: it is delivered, or never was.
pub fn payload(connection: &Connection, number: i64) -> Result<Option<String>, Error> {
    connection.query_one(
        "SELECT payload FROM outbox WHERE number = ?",
        params![number],
    )
}

/// Whether a message is due.
pub fn is_due(connection: &Connection, now: Timestamp) -> Result<bool, Error> {
    let found: Option<i64> = connection.query_one(
        "SELECT 1 FROM outbox WHERE due_at <= ? LIMIT 1",
        params![now],
    )?;
    Ok(found.is_some())
}

/// The number of the latest message; 0 where there is none.
pub fn latest(connection: &Connection) -> Result<i64, Error> {
    let latest = connection.query_one("SELECT coalesce(max(number), 0) FROM outbox", params![])?;
    Ok(latest.unwrap_or(0))
}

/// Whether somebody is delivering one of the messages up to this number.
pub fn is_held(connection: &Connection, number: i64) -> Result<bool, Error> {
    let found: Option<i64> = connection.query_one(
        "SELECT 1 FROM outbox WHERE number <= ? AND is_held LIMIT 1",
        params![number],
    )?;
    Ok(found.is_some())
}

/// The message is delivered.
pub fn delivered(connection: &Connection, message: &Message) -> Result<(), Error> {
    connection.execute(
        "DELETE FROM outbox WHERE number = ?",
        params![message.number],
    )?;
    Ok(())
}

/// The message could not be delivered: it is tried again later, and never given up. Who may act in whose name hangs on it.
pub fn failed(connection: &Connection, message: &Message, now: Timestamp) -> Result<(), Error> {
    connection.execute(
        "UPDATE outbox SET due_at = ?, is_held = 0 WHERE number = ?",
        params![now.plus(delay(message.attempts)), message.number],
    )?;
    Ok(())
}

fn delay(attempts: u32) -> Duration {
    FIRST_DELAY * 2_u32.pow(attempts.saturating_sub(1).min(DOUBLINGS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_ever_more_rarely_and_at_least_every_two_hours() {
        let delays = Vec::from_iter((1..20).map(delay));
        assert_eq!(delays[0], FIRST_DELAY);
        assert!(delays.is_sorted());
        assert!(delays[18] <= Duration::from_secs(2 * 60 * 60));
    }
}
