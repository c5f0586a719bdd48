//! The audit, read: what of it somebody looks for, and whether it still is what was written.

use serde::Deserialize;
use shared::storage::{Connection, Error, ToValue, params};
use shared::{Timestamp, UserId};

use super::audit::{self, Event};

/// An entry, with its seal.
#[derive(Debug, Clone, Deserialize)]
pub struct Sealed {
    pub id: i64,
    pub at: Timestamp,
    pub event: String,
    pub actor: Option<String>,
    pub subject: Option<String>,
    pub object: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    /// JSON.
    pub detail: Option<String>,
    pub seal: Vec<u8>,
}

impl Sealed {
    /// What its seal is to be, where that of the entry before it is `last`.
    pub fn due_seal(&self, last: &[u8]) -> [u8; 32] {
        let texts = [
            Some(self.event.as_str()),
            self.actor.as_deref(),
            self.subject.as_deref(),
            self.object.as_deref(),
            self.ip.as_deref(),
            self.user_agent.as_deref(),
            self.detail.as_deref(),
        ];
        audit::seal(last, self.at, texts)
    }
}

/// Which entries; what is none does not matter.
#[derive(Debug, Default)]
pub struct Filter<'a> {
    pub actor: Option<UserId>,
    pub subject: Option<UserId>,
    pub event: Option<&'a str>,
    /// At this time or later.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

/// In which order, and from where on.
pub enum Order {
    /// Before the entry of this number.
    NewestFirst(Option<i64>),
    /// After the entry of this number.
    OldestFirst(i64),
}

/// Whether the audit says since then that `actor` did just this.
pub fn is_noted(
    connection: &Connection,
    actor: UserId,
    event: Event,
    detail: &serde_json::Value,
    since: Timestamp,
) -> Result<bool, Error> {
    let found: Option<i64> = connection.query_one(
        "SELECT 1 FROM audit_log WHERE actor = ? AND event = ? AND detail = ? AND at > ? LIMIT 1",
        params![actor, event.name(), detail.to_string(), since],
    )?;
    Ok(found.is_some())
}

/// Up to `count` of these entries. Only what is asked for is in the statement, so that an index can serve it.
pub fn read(
    connection: &Connection,
    filter: &Filter,
    order: &Order,
    count: u32,
) -> Result<Vec<Sealed>, Error> {
    let mut sql = String::from(
        "SELECT id, at, event, actor, subject, object, ip, user_agent, detail, seal FROM audit_log
         WHERE TRUE",
    );
    let mut values: Vec<&dyn ToValue> = Vec::new();
    let (order, position): (_, Option<(&str, &dyn ToValue)>) = match order {
        Order::NewestFirst(None) => (" ORDER BY id DESC LIMIT ?", None),
        Order::NewestFirst(Some(before)) => (" ORDER BY id DESC LIMIT ?", Some(("id < ?", before))),
        Order::OldestFirst(after) => (" ORDER BY id LIMIT ?", Some(("id > ?", after))),
    };
    let conditions: [Option<(&str, &dyn ToValue)>; 6] = [
        position,
        filter.actor.as_ref().map(|actor| ("actor = ?", actor as _)),
        filter
            .subject
            .as_ref()
            .map(|subject| ("subject = ?", subject as _)),
        filter.event.as_ref().map(|event| ("event = ?", event as _)),
        filter.since.as_ref().map(|since| ("at >= ?", since as _)),
        filter.until.as_ref().map(|until| ("at < ?", until as _)),
    ];
    for (condition, value) in conditions.into_iter().flatten() {
        sql.push_str(" AND ");
        sql.push_str(condition);
        values.push(value);
    }
    sql.push_str(order);
    values.push(&count);
    connection.query(&sql, &values)
}
