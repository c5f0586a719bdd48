//! `/v1/auth/accounts`: other people's accounts, for those who look after them.

pub mod roles;

use axum::Router;
use axum::routing::put;

pub fn router() -> Router {
    Router::new().route(
        "/v1/auth/accounts/{id}/roles/{role}",
        put(roles::grant).delete(roles::take),
    )
}
