//! `GET /v1/billing/invoices`: the caller's invoices, the newest first, in pages, without their lines.

use crate::routes::invoice::Head;
use crate::store::{DB, invoices};
use shared::{Caller, Json, Page, PageQuery, Result};

pub async fn list(caller: Caller, page: PageQuery) -> Result<Json<Page<Head>>> {
    let rows = invoices::list(DB.connect()?, caller.user, page.after()?, page.fetch())?;
    let page = Page::from_rows(rows, page.limit(), |row| row.id)?;
    Ok(Json(page.map(|invoice| Head::new(&invoice))))
}
