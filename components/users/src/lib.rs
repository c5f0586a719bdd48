//! Who you are with: the profiles of an application's users. A profile is made when its user first
//! comes by, from the identity that the auth guard verified; nobody signs up here.

mod profile;
mod routes;
mod store;

use std::sync::LazyLock;

use axum::{
    Router,
    routing::{delete, get},
};
use spin_sdk::{
    http::{IntoResponse, Request},
    http_service,
};

/// Built once an instance, which answers many requests.
static ROUTES: LazyLock<Router> = LazyLock::new(|| {
    Router::new()
        .route("/v1/users", get(routes::list::list))
        .route(
            "/v1/users/me",
            get(routes::me::show).patch(routes::me::change),
        )
        .route("/v1/users/{id}", get(routes::user::show))
        .route("/internal/people/{id}", delete(routes::people::forget))
        .route(
            "/internal/people/{id}/profile",
            get(routes::people::profile),
        )
});

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    shared::serve("users", ROUTES.clone(), request).await
}
