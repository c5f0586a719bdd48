//! `GET /v1/auth/audit`: entries, the newest first.

use shared::{Filtered, Json, Page, Result, clock};

use super::{Shown, Which, note};
use crate::permission::AuditRead;
use crate::permitted::Permitted;
use crate::store::DB;
use crate::store::audit::Event;
use crate::store::audit_trail::{self, Order};

/// Lists a page of entries. What somebody reads is remembered, not each page they turn.
pub async fn list(
    permitted: Permitted<AuditRead>,
    Filtered {
        filter: which,
        page: query,
    }: Filtered<Which>,
) -> Result<Json<Page<impl serde::Serialize>>> {
    let filter = which.filter()?;
    let before: Option<i64> = query.after()?;
    let order = Order::NewestFirst(before);
    let rows = audit_trail::read(DB.connect()?, &filter, &order, query.fetch())?;
    let (detail, on) = (which.detail(), before.is_some());
    note(&permitted, Event::AuditRead, detail, on, clock::now())?;
    let page = Page::from_rows(rows, query.limit(), |entry| entry.id)?;
    Ok(Json(page.map(Shown::from)))
}
