//! `GET` and `DELETE /v1/auth/sessions`: where the caller is signed in, and an end to it everywhere.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::{Caller, Json, Page, PageQuery, Query, Result, SessionId, Timestamp, clock, storage};

use super::live_session;
use crate::device;
use crate::origin::Origin;
use crate::store::audit::{self, Entry, Event};
use crate::store::sessions::{self, Listed};
use crate::store::{self, DB};

/// A session, as its owner sees it.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// The application that it was begun for, if it is not the owner's own.
    application: Option<String>,
    /// Such as "Firefox on Windows", where it can be told.
    device: Option<String>,
    /// Whether somebody else acts in it in the owner's name.
    impersonation: bool,
    /// From where it was used last.
    ip: Option<String>,
    user_agent: Option<String>,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
}

/// Lists a page of the caller's sessions, newest first.
pub async fn list(caller: Caller, query: PageQuery) -> Result<Json<Page<Shown>>> {
    let now = clock::now();
    let current = live_session(&caller, now)?;
    let rows = store::sessions::list(caller.user, query.after()?, query.fetch(), now)?;
    let page = Page::from_rows(rows, query.limit(), |session| session.id)?;
    Ok(Json(page.map(|session| {
        let is_current = session.id == current;
        Shown::new(session, is_current)
    })))
}

impl Shown {
    /// A session; `current` if it is the one that asks.
    pub fn new(session: Listed, current: bool) -> Self {
        Self {
            id: session.id,
            current,
            device: session.user_agent.as_deref().and_then(device::name),
            application: session.application,
            impersonation: session.actor_id.is_some(),
            ip: session.ip,
            user_agent: session.user_agent,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
        }
    }
}

/// Which sessions to end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Whether the one that asks ends too.
    #[serde(default)]
    include_current: bool,
}

/// Ends all of the caller's sessions but, unless asked to, the one that asks.
pub async fn end_all(
    caller: Caller,
    origin: Origin,
    Query(which): Query<Which>,
) -> Result<StatusCode> {
    let now = clock::now();
    let current = live_session(&caller, now)?;
    let kept = (!which.include_current).then_some(current);
    DB.transaction(|tx| {
        for session in sessions::end_all(tx, caller.user, kept)? {
            let entry = Entry::by(Event::SessionRevoked, caller.user).with_object(&session);
            audit::record(tx, &entry, &origin, now)?;
        }
        Ok::<_, storage::Error>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}
