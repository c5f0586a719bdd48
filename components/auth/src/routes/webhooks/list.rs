//! `GET /v1/auth/webhooks`: all endpoints, oldest first.

use shared::{Json, Page, PageQuery, Result};

use super::Shown;
use crate::administrator::Administrator;
use crate::store::webhook_endpoints;

/// Lists a page of endpoints.
pub async fn list(_: Administrator, query: PageQuery) -> Result<Json<Page<impl serde::Serialize>>> {
    let rows = webhook_endpoints::list(query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |endpoint| endpoint.id)?;
    Ok(Json(page.map(Shown::from)))
}
