//! `/v1/auth/clients`: which applications people may sign in to. For administrators.

pub mod change;
pub mod create;
pub mod list;
pub mod remove;
pub mod rotate;
pub mod show;

use axum::Router;
use axum::routing::{get, post};
use shared::Problem;

pub fn router() -> Router {
    Router::new()
        .route("/v1/auth/clients", get(list::list).post(create::create))
        .route(
            "/v1/auth/clients/{id}",
            get(show::show).patch(change::change).delete(remove::remove),
        )
        .route("/v1/auth/clients/{id}/rotate-secret", post(rotate::rotate))
}

fn no_client() -> Problem {
    Problem::not_found("There is no such client.")
}
