//! The outbox: what others must learn of, until they did.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::storage::{Connection, Error, ToValue, Value, params};

/// How long a delivery may take before another instance tries it again.
const LEASE: Duration = Duration::from_secs(60);
/// How long the first failure makes wait; each further one makes wait four times as long.
const FIRST_DELAY: Duration = Duration::from_secs(10);
/// About a week after the first attempt.
const ATTEMPTS: u32 = 10;

/// Who delivers a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Mail,
    Webhook,
    /// That another component is to forget somebody.
    Erasure,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Self; 3] = [Self::Mail, Self::Webhook, Self::Erasure];
}

impl ToValue for Kind {
    fn to_value(&self) -> Value {
        let name = match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
            Self::Erasure => "erasure",
        };
        Value::Text(name.to_owned())
    }
}

/// A message that is this instance's to deliver now.
#[derive(Debug, Deserialize)]
pub struct Message {
    pub id: i64,
    pub kind: Kind,
    /// JSON, by kind.
    pub payload: String,
    /// This one counts.
    pub attempts: u32,
}

impl Message {
    /// When it is tried again if it is not delivered now. None: it is given up then.
    pub fn retry_at(&self, now: Timestamp) -> Option<Timestamp> {
        let attempts = match self.kind {
            // What the law asks for is not given up.
            Kind::Erasure => self.attempts.min(ATTEMPTS - 1),
            Kind::Mail | Kind::Webhook => self.attempts,
        };
        delay(attempts).map(|delay| now.plus(delay))
    }
}

/// Whether this instance added a message since it last asked.
static ADDED: AtomicBool = AtomicBool::new(false);

/// Whether a message was added since the last call.
pub fn take_added() -> bool {
    ADDED.swap(false, Ordering::Relaxed)
}

/// Adds a message. Run it in the transaction of what the message tells of.
pub fn add<T: Serialize>(
    connection: &Connection,
    kind: Kind,
    payload: &T,
    now: Timestamp,
) -> Result<(), Error> {
    let payload = serde_json::to_string(payload).unwrap_or_else(|_| "null".to_owned());
    connection.execute(
        "INSERT INTO outbox (kind, payload, created_at, due_at) VALUES (?1, ?2, ?3, ?3)",
        params![kind, payload, now],
    )?;
    ADDED.store(true, Ordering::Relaxed);
    Ok(())
}

/// How many messages of this kind are due.
pub fn count_due(connection: &Connection, kind: Kind, now: Timestamp) -> Result<i64, Error> {
    let count = connection.query_one(
        "SELECT count(*) FROM outbox WHERE kind = ? AND due_at <= ?",
        params![kind, now],
    )?;
    Ok(count.unwrap_or(0))
}

/// Claims a message that is due: nobody else has it for a minute. Those that were tried least come
/// first, so that a receiver which is gone holds up its own messages and no others.
pub fn claim(
    connection: &Connection,
    kind: Kind,
    now: Timestamp,
) -> Result<Option<Message>, Error> {
    connection.query_one(
        "UPDATE outbox SET attempts = attempts + 1, due_at = ?2
         WHERE id = (SELECT id FROM outbox WHERE kind = ?3 AND due_at <= ?1
                     ORDER BY attempts, due_at, id LIMIT 1)
         RETURNING id, kind, payload, attempts",
        params![now, now.plus(LEASE), kind],
    )
}

/// The message is delivered.
pub fn delivered(connection: &Connection, message: &Message) -> Result<(), Error> {
    connection.execute("DELETE FROM outbox WHERE id = ?", params![message.id])?;
    Ok(())
}

/// The message could not be delivered: it is tried again later, or given up.
pub fn failed(
    connection: &Connection,
    message: &Message,
    failure: &str,
    now: Timestamp,
) -> Result<(), Error> {
    connection.execute(
        // What is given up for ever keeps no link that could be followed.
        "UPDATE outbox SET due_at = ?1, failure = ?2,
             payload = CASE WHEN ?1 IS NULL AND kind = 'mail' THEN 'null' ELSE payload END
         WHERE id = ?3",
        params![message.retry_at(now), failure, message.id],
    )?;
    Ok(())
}

/// How long to wait after so many attempts; for ever after the last.
fn delay(attempts: u32) -> Option<Duration> {
    (attempts < ATTEMPTS).then(|| FIRST_DELAY * 4_u32.pow(attempts.saturating_sub(1).min(8)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_at_once_and_then_ever_more_rarely_for_about_a_week() {
        let delays: Vec<_> = (1..ATTEMPTS).map_while(delay).collect();
        assert!(delays.windows(2).all(|pair| pair[1] == pair[0] * 4));
        assert_eq!(delays[0], Duration::from_secs(10));
        assert_eq!(delay(ATTEMPTS), None);
        let days = delays.iter().sum::<Duration>().as_secs() / 86_400;
        assert!((7..14).contains(&days), "{days}");
    }
}
