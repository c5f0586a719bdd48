//! `POST /v1/auth/webhooks/{id}/deliveries/{delivery}/replay`: tells an endpoint something once more, under
//! the same id, so that a receiver which got it knows.

use axum::response::IntoResponse;
use http::StatusCode;
use shared::{Json, Path, Problem, Result, clock};

use super::{ShownDelivery, no_endpoint};
use crate::permission::WebhooksManage;
use crate::permitted::Permitted;
use crate::store::{DB, webhook_deliveries, webhook_endpoints};
use crate::webhook::{DeliveryId, EndpointId};

/// Sends it again. 409 where nothing is sent to the endpoint.
pub async fn replay(
    _: Permitted<WebhooksManage>,
    Path((id, delivery)): Path<(EndpointId, DeliveryId)>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    let delivery = DB.transaction(|tx| {
        let endpoint = webhook_endpoints::find(tx, id)?.ok_or_else(no_endpoint)?;
        if endpoint.disabled_at.is_some() {
            return Err(Problem::conflict("This webhook is disabled."));
        }
        webhook_deliveries::replay(tx, id, delivery, now)?
            .ok_or_else(|| Problem::not_found("This webhook has no such delivery."))
    })?;
    Ok((StatusCode::ACCEPTED, Json(ShownDelivery::from(delivery))))
}
