//! `/v1/auth/audit`: what happened to accounts and sessions, for those who look after them. That somebody read it stands
//! in it as well.

pub mod export;
pub mod list;
pub mod verify;

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{FieldError, Problem, Result, Timestamp, UserId, storage};

use crate::chain::hex;
use crate::permission::AuditRead;
use crate::permitted::Permitted;
use crate::store::DB;
use crate::store::audit::{self, Entry, Event};
use crate::store::audit_trail::{self, Filter, Sealed};

pub fn router() -> Router {
    Router::new()
        .route("/v1/auth/audit", get(list::list))
        .route("/v1/auth/audit/export", get(export::export))
        .route("/v1/auth/audit/verify", get(verify::verify))
}

/// Which entries are asked for. A name that is not known here is refused, where it would otherwise seem to have counted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    actor: Option<UserId>,
    subject: Option<UserId>,
    event: Option<String>,
    since: Option<String>,
    until: Option<String>,
    /// Of an export, the number of the last entry one has.
    after: Option<i64>,
}

impl Which {
    fn filter(&self) -> Result<Filter<'_>> {
        let time = |name, text: &Option<String>| match text.as_deref().map(str::parse) {
            None => Ok(None),
            Some(Ok(time)) => Ok(Some(time)),
            Some(Err(_)) => Err(FieldError::new(
                name,
                "is not a time such as 2030-01-31T00:00:00Z",
            )),
        };
        match (time("since", &self.since), time("until", &self.until)) {
            (Ok(since), Ok(until)) => Ok(Filter {
                actor: self.actor,
                subject: self.subject,
                event: self.event.as_deref(),
                since,
                until,
            }),
            (since, until) => {
                let errors = [since.err(), until.err()];
                Err(Problem::malformed(errors.into_iter().flatten().collect()))
            }
        }
    }

    /// As it is remembered.
    fn detail(&self) -> Value {
        json!({
            "actor": self.actor, "subject": self.subject, "event": self.event,
            "since": self.since, "until": self.until,
        })
    }
}

/// An entry, as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    id: i64,
    at: Timestamp,
    event: String,
    actor: Option<String>,
    subject: Option<String>,
    object: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    detail: Option<Value>,
    /// In hexadecimal: SHA-256 over the seal before it and all of the above but the number.
    seal: String,
}

impl From<Sealed> for Shown {
    fn from(entry: Sealed) -> Self {
        let detail = entry.detail.as_deref();
        Self {
            id: entry.id,
            at: entry.at,
            event: entry.event,
            actor: entry.actor,
            subject: entry.subject,
            object: entry.object,
            ip: entry.ip,
            user_agent: entry.user_agent,
            detail: detail.and_then(|json| serde_json::from_str(json).ok()),
            seal: hex(&entry.seal),
        }
    }
}

/// For how long whoever reads on reads what they began with.
const READING: Duration = Duration::from_secs(60 * 60);

/// Remembers that somebody reads the audit, and what of it: once, for who reads `on`. Where that begins is theirs to say,
/// so whether they began before is asked of the audit.
fn note(
    permitted: &Permitted<AuditRead>,
    event: Event,
    detail: Value,
    on: bool,
    now: Timestamp,
) -> Result<()> {
    DB.transaction(|tx| {
        if on && audit_trail::is_noted(tx, permitted.user, event, &detail, now.minus(READING))? {
            return Ok(());
        }
        let entry = Entry::about(event, None)
            .with_actor(permitted.user)
            .with_detail(detail);
        audit::record(tx, &entry, &permitted.origin, now)?;
        Ok::<_, storage::Error>(())
    })?;
    Ok(())
}
