//! `POST /v1/auth/webhooks`: adds an endpoint. Its secret is in this answer, and in no other.

use axum::response::IntoResponse;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::{ETag, Json, Problem, Result, clock};

use super::{Shown, no_endpoint};
use crate::permission::WebhooksManage;
use crate::permitted::Permitted;
use crate::sealed::Sealer;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, webhook_endpoints};
use crate::webhook::{EndpointId, address, event, signature};

/// Each of them costs every event a row.
const MOST: i64 = 20;

/// What an administrator says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    url: String,
    events: Vec<String>,
}

#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    endpoint: Shown,
    secret: String,
}

/// Adds an endpoint. 409 where there are as many as there may be.
pub async fn create(
    administrator: Permitted<WebhooksManage>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let errors: Vec<_> = [
        address::check(&body.url).err(),
        event::check(&body.events).err(),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let now = clock::now();
    let (id, secret) = (EndpointId::new(), signature::secret()?);
    let sealed = signature::seal(Sealer::load().await?, id, &secret)?;
    let endpoint = DB.transaction(|tx| {
        if webhook_endpoints::count(tx)? >= MOST {
            return Err(Problem::conflict("There are 20 webhooks already."));
        }
        webhook_endpoints::create(tx, id, &body.url, &body.events, &sealed, now)?;
        // Not the address: whole, it often holds a secret of the receiver's.
        let entry = Entry::about(Event::WebhookCreated, None)
            .with_actor(administrator.user)
            .with_object(&id)
            .with_detail(json!({"events": body.events}));
        audit::record(tx, &entry, &administrator.origin, now)?;
        webhook_endpoints::find(tx, id)?.ok_or_else(no_endpoint)
    })?;
    let version = ETag::of(endpoint.version);
    let created = Created {
        endpoint: endpoint.into(),
        secret,
    };
    Ok((StatusCode::CREATED, version, Json(created)))
}
