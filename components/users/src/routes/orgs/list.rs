//! `GET /v1/orgs`: the organisations that the caller belongs to, oldest first.

use shared::{Caller, Json, Page, PageQuery, Result};

use super::Shown;
use crate::store::{DB, members, organizations};

/// Lists a page of them.
pub async fn list(caller: Caller, query: PageQuery) -> Result<Json<Page<Shown>>> {
    let db = DB.connect()?;
    let rows = organizations::of_user(db, caller.user, query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |organization| organization.id)?;
    let mut data = Vec::with_capacity(page.data.len());
    for organization in page.data {
        let role = members::role(db, organization.id, caller.user)?;
        data.push(Shown::new(organization, role));
    }
    Ok(Json(Page {
        data,
        next_cursor: page.next_cursor,
    }))
}
