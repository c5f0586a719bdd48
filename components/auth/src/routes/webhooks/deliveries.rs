//! `GET /v1/auth/webhooks/{id}/deliveries`: what an endpoint was told in the last thirty days, and what
//! it answered; newest first.

use shared::{Json, Page, PageQuery, Path, Result};

use super::{ShownDelivery, no_endpoint};
use crate::permission::WebhooksManage;
use crate::permitted::Permitted;
use crate::store::{DB, webhook_deliveries, webhook_endpoints};
use crate::webhook::EndpointId;

/// Lists a page of deliveries.
pub async fn list(
    _: Permitted<WebhooksManage>,
    Path(id): Path<EndpointId>,
    query: PageQuery,
) -> Result<Json<Page<impl serde::Serialize>>> {
    webhook_endpoints::find(DB.connect()?, id)?.ok_or_else(no_endpoint)?;
    let rows = webhook_deliveries::list(id, query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |delivery| delivery.id)?;
    Ok(Json(page.map(ShownDelivery::from)))
}
