//! `DELETE /v1/auth/webhooks/{id}`: removes an endpoint, with what was told to it.

use http::StatusCode;
use shared::{Path, Result, clock};

use super::no_endpoint;
use crate::permission::WebhooksManage;
use crate::permitted::Permitted;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, webhook_endpoints};
use crate::webhook::EndpointId;

/// Removes an endpoint.
pub async fn delete(
    administrator: Permitted<WebhooksManage>,
    Path(id): Path<EndpointId>,
) -> Result<StatusCode> {
    let now = clock::now();
    DB.transaction(|tx| {
        if !webhook_endpoints::delete(tx, id)? {
            return Err(no_endpoint());
        }
        let entry = Entry::about(Event::WebhookDeleted, None)
            .with_actor(administrator.user)
            .with_object(&id);
        Ok(audit::record(tx, &entry, &administrator.origin, now)?)
    })?;
    Ok(StatusCode::NO_CONTENT)
}
