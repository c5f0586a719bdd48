//! `GET /v1/auth/audit`: entries, the newest first.

use shared::{Json, Page, PageQuery, Query, Result, clock};

use super::{Shown, Which, note};
use crate::permission::AuditRead;
use crate::permitted::Permitted;
use crate::store::DB;
use crate::store::audit::Event;
use crate::store::audit_trail::{self, Order};

/// Lists a page of entries. The first page that somebody reads is remembered, not each one they turn.
pub async fn list(
    permitted: Permitted<AuditRead>,
    Query(which): Query<Which>,
    query: PageQuery,
) -> Result<Json<Page<impl serde::Serialize>>> {
    let filter = which.filter()?;
    let before: Option<i64> = query.after()?;
    let order = Order::NewestFirst(before);
    let rows = audit_trail::read(DB.connect()?, &filter, &order, query.fetch())?;
    if before.is_none() {
        note(&permitted, Event::AuditRead, which.detail(), clock::now())?;
    }
    let page = Page::from_rows(rows, query.limit(), |entry| entry.id)?;
    Ok(Json(page.map(Shown::from)))
}
