//! `GET /v1/auth/sessions`: where the caller is signed in.

use serde::Serialize;
use shared::{Caller, Json, Page, PageQuery, Result, SessionId, Timestamp, clock};

use super::live_session;
use crate::store;
use crate::store::sessions::Listed;

/// A session, as its owner sees it.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
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
    Ok(Json(page.map(|session| show(session, current))))
}

fn show(session: Listed, current: SessionId) -> Shown {
    Shown {
        id: session.id,
        current: session.id == current,
        ip: session.ip,
        user_agent: session.user_agent,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
    }
}
