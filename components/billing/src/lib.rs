//! Billing: what you owe. The catalogue, subscriptions, usage and invoices, over the books in `migrations/`.
//!
//! A request comes in here, goes to one file of [`routes`], which asks [`store`] for rows and [`rules`] for what they
//! mean.

mod id;
mod routes;
mod rules;
mod store;

use axum::Router;
use axum::routing::{delete, get};
use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;

fn router() -> Router {
    Router::new()
        .route("/v1/billing/plans", get(routes::plans::list))
        .route(
            "/v1/billing/subscriptions",
            get(routes::subscriptions::list).post(routes::subscribe::subscribe),
        )
        .route(
            "/v1/billing/subscriptions/{id}",
            get(routes::subscription::show),
        )
        .route(
            "/v1/billing/usage",
            get(routes::usage::summary).post(routes::record_usage::record),
        )
        .route("/v1/billing/invoices", get(routes::invoices::list))
        .route("/v1/billing/invoices/{id}", get(routes::invoice::show))
        .route("/internal/people/{id}", delete(routes::people::forget))
        .route(
            "/internal/people/{id}/subscriptions",
            get(routes::people::subscriptions),
        )
        .route(
            "/internal/people/{id}/invoices",
            get(routes::people::invoices),
        )
        .route("/internal/people/{id}/usage", get(routes::people::usage))
}

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    shared::serve("billing", router(), request).await
}
