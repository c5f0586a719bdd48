//! `GET /v1/auth/webhooks`: all endpoints, oldest first.

use shared::{Json, Page, PageQuery, Result};

use super::Shown;
use crate::permission::WebhooksManage;
use crate::permitted::Permitted;
use crate::store::webhook_endpoints;

/// Lists a page of endpoints.
pub async fn list(
    _: Permitted<WebhooksManage>,
    query: PageQuery,
) -> Result<Json<Page<impl serde::Serialize>>> {
    let rows = webhook_endpoints::list(query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |endpoint| endpoint.id)?;
    Ok(Json(page.map(Shown::from)))
}
