//! `POST /v1/auth/webhooks/{id}/rotate-secret`: a new secret, shown once. For a day the old one signs as
//! well, so that receivers can be changed one after the other.

use std::time::Duration;

use axum::response::IntoResponse;
use serde::Serialize;
use shared::{Json, Path, Result, Timestamp, clock};

use super::no_endpoint;
use crate::permission::WebhooksManage;
use crate::permitted::Permitted;
use crate::sealed::Sealer;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, webhook_endpoints};
use crate::webhook::{EndpointId, signature};

const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Serialize)]
struct Rotated {
    secret: String,
    /// Until when the old secret signs as well.
    old_secret_ends_at: Timestamp,
}

/// Makes a new secret.
pub async fn rotate(
    administrator: Permitted<WebhooksManage>,
    Path(id): Path<EndpointId>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    let secret = signature::secret()?;
    let sealed = signature::seal(Sealer::load().await?, id, &secret)?;
    let old_secret_ends_at = now.plus(OVERLAP);
    DB.transaction(|tx| {
        if !webhook_endpoints::rotate(tx, id, &sealed, old_secret_ends_at, now)? {
            return Err(no_endpoint());
        }
        let entry = Entry::about(Event::WebhookSecretRotated, None)
            .with_actor(administrator.user)
            .with_object(&id);
        Ok(audit::record(tx, &entry, &administrator.origin, now)?)
    })?;
    Ok(Json(Rotated {
        secret,
        old_secret_ends_at,
    }))
}
