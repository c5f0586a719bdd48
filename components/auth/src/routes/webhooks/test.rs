//! `POST /v1/auth/webhooks/{id}/test`: sends the endpoint a `webhook.test`, whatever it wants to be told of.

use axum::response::IntoResponse;
use http::StatusCode;
use shared::{Json, Path, Problem, Result, clock};

use super::{ShownDelivery, no_endpoint};
use crate::permission::WebhooksManage;
use crate::permitted::Permitted;
use crate::store::{DB, webhook_deliveries, webhook_endpoints};
use crate::webhook::{EndpointId, event};

/// Sends a test. 409 where nothing is sent to the endpoint.
pub async fn test(
    _: Permitted<WebhooksManage>,
    Path(id): Path<EndpointId>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    let payload = event::test_payload(now).to_string();
    let delivery = DB.transaction(|tx| {
        let endpoint = webhook_endpoints::find(tx, id)?.ok_or_else(no_endpoint)?;
        if endpoint.disabled_at.is_some() {
            return Err(Problem::conflict("This webhook is disabled."));
        }
        let delivery = webhook_deliveries::add(tx, id, event::TEST, None, &payload, now)?;
        webhook_deliveries::find(tx, id, delivery)?.ok_or_else(no_endpoint)
    })?;
    Ok((StatusCode::ACCEPTED, Json(ShownDelivery::from(delivery))))
}
