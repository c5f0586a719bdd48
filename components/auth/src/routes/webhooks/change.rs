//! `PATCH /v1/auth/webhooks/{id}`: another address, other events, or whether anything is sent at all.

use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;
use shared::{ETag, IfMatch, Json, Path, Problem, Result, clock};

use super::{Shown, no_endpoint};
use crate::permission::WebhooksManage;
use crate::permitted::Permitted;
use crate::store::DB;
use crate::store::audit::{self, Entry, Event};
use crate::store::webhook_endpoints::{self, Change};
use crate::webhook::{EndpointId, address, event};

/// What an administrator says; what is absent stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    url: Option<String>,
    events: Option<Vec<String>>,
    enabled: Option<bool>,
}

/// Changes an endpoint.
pub async fn change(
    administrator: Permitted<WebhooksManage>,
    if_match: IfMatch,
    Path(id): Path<EndpointId>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let url = body.url.as_deref().map(address::check);
    let events = body.events.as_deref().map(event::check);
    let errors: Vec<_> = [url.and_then(Result::err), events.and_then(Result::err)]
        .into_iter()
        .flatten()
        .collect();
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let now = clock::now();
    let change = Change {
        url: body.url.as_deref(),
        events: body.events.as_deref(),
        enabled: body.enabled,
    };
    let endpoint = DB.transaction(|tx| {
        let endpoint = webhook_endpoints::find(tx, id)?.ok_or_else(no_endpoint)?;
        if_match.check(endpoint.version)?;
        let entry = Entry::about(Event::WebhookChanged, None)
            .with_actor(administrator.user)
            .with_object(&id)
            .with_detail(json!({
                "url": body.url.is_some(), "events": body.events, "enabled": body.enabled,
            }));
        audit::record(tx, &entry, &administrator.origin, now)?;
        webhook_endpoints::change(tx, id, &change, now)?.ok_or_else(no_endpoint)
    })?;
    Ok((ETag::of(endpoint.version), Json(Shown::from(endpoint))))
}
