//! `/v1/auth/webhooks`: whom to tell of what happens. For administrators.

pub mod change;
pub mod create;
pub mod delete;
pub mod deliveries;
pub mod list;
pub mod replay;
pub mod rotate;
pub mod show;
pub mod test;

use axum::Router;
use axum::routing::{get, post};
use serde::Serialize;
use shared::{Problem, Timestamp};

use crate::store::webhook_deliveries::Delivery;
use crate::store::webhook_endpoints::Endpoint;
use crate::webhook::{DeliveryId, EndpointId};

pub fn router() -> Router {
    Router::new()
        .route("/v1/auth/webhooks", get(list::list).post(create::create))
        .route(
            "/v1/auth/webhooks/{id}",
            get(show::show).patch(change::change).delete(delete::delete),
        )
        .route("/v1/auth/webhooks/{id}/rotate-secret", post(rotate::rotate))
        .route("/v1/auth/webhooks/{id}/test", post(test::test))
        .route("/v1/auth/webhooks/{id}/deliveries", get(deliveries::list))
        .route(
            "/v1/auth/webhooks/{id}/deliveries/{delivery}/replay",
            post(replay::replay),
        )
}

/// An endpoint, as administrators see it: without its secrets.
#[derive(Debug, Serialize)]
struct Shown {
    id: EndpointId,
    url: String,
    events: Vec<String>,
    status: Status,
    failing_since: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Enabled,
    Disabled,
}

impl From<Endpoint> for Shown {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id,
            events: endpoint.events(),
            status: match endpoint.disabled_at {
                None => Status::Enabled,
                Some(_) => Status::Disabled,
            },
            failing_since: endpoint.failing_since,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
            url: endpoint.url,
        }
    }
}

/// One thing told to an endpoint.
#[derive(Debug, Serialize)]
struct ShownDelivery {
    /// The header `webhook-id`.
    id: DeliveryId,
    event: String,
    status: Progress,
    attempts: i64,
    created_at: Timestamp,
    attempted_at: Option<Timestamp>,
    next_attempt_at: Option<Timestamp>,
    delivered_at: Option<Timestamp>,
    response_status: Option<u16>,
    failure: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Progress {
    Pending,
    Delivered,
    Failed,
}

impl From<Delivery> for ShownDelivery {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            event: delivery.event,
            status: match (delivery.next_attempt_at, &delivery.failure) {
                (Some(_), _) => Progress::Pending,
                (None, None) => Progress::Delivered,
                (None, Some(_)) => Progress::Failed,
            },
            attempts: delivery.attempts,
            created_at: delivery.created_at,
            attempted_at: delivery.attempted_at,
            next_attempt_at: delivery.next_attempt_at,
            delivered_at: delivery.delivered_at,
            response_status: delivery.response_status,
            failure: delivery.failure,
        }
    }
}

fn no_endpoint() -> Problem {
    Problem::not_found("There is no such webhook.")
}
