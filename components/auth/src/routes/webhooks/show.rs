//! `GET /v1/auth/webhooks/{id}`: one endpoint.

use axum::response::IntoResponse;
use shared::{ETag, Json, Path, Result};

use super::{Shown, no_endpoint};
use crate::permission::WebhooksManage;
use crate::permitted::Permitted;
use crate::store::{DB, webhook_endpoints};
use crate::webhook::EndpointId;

/// Shows an endpoint.
pub async fn show(
    _: Permitted<WebhooksManage>,
    Path(id): Path<EndpointId>,
) -> Result<impl IntoResponse> {
    let endpoint = webhook_endpoints::find(DB.connect()?, id)?.ok_or_else(no_endpoint)?;
    Ok((ETag::of(endpoint.version), Json(Shown::from(endpoint))))
}
