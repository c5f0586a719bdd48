//! Who you are with: the profiles of an application's users, and the organisations that they belong to. A profile
//! is made when its user first comes by, from the identity that the auth guard verified; nobody signs up here.
//! What auth has to know of organisations, so that tokens can speak of them, is [`news`].

mod news;
mod organization;
mod profile;
mod routes;
mod store;

use std::sync::LazyLock;

use axum::{
    Router,
    routing::{delete, get, post},
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
        .route("/v1/users/me/invitations", get(routes::invitations::list))
        .route(
            "/v1/users/me/invitations/{id}",
            delete(routes::invitations::decline),
        )
        .route(
            "/v1/users/me/invitations/{id}/accept",
            post(routes::invitations::accept),
        )
        .route("/v1/users/{id}", get(routes::user::show))
        .merge(routes::orgs::router())
        .route("/internal/news/{number}", get(routes::news::show))
        .route("/internal/people/{id}", delete(routes::people::forget))
        .route(
            "/internal/people/{id}/profile",
            get(routes::people::profile),
        )
        .route(
            "/internal/people/{id}/organizations",
            get(routes::people::organizations),
        )
});

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let answer = shared::serve("users", ROUTES.clone(), request).await;
    news::tell_now_and_then();
    answer
}
