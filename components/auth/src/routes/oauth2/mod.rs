//! `/v1/auth/oauth2`: being a provider, as applications, browsers and the team's front end ask for it.

pub mod authorize;
pub mod decision;
pub mod metadata;
pub mod request;
pub mod revoke;
pub mod token;
pub mod userinfo;

use axum::Router;
use axum::routing::{get, post};

pub fn router() -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(metadata::show))
        .route("/v1/auth/oauth2/authorize", get(authorize::authorize))
        .route("/v1/auth/oauth2/request", post(request::show))
        .route("/v1/auth/oauth2/decision", post(decision::decide))
        .route("/v1/auth/oauth2/token", post(token::give))
        .route("/v1/auth/oauth2/revoke", post(revoke::revoke))
        .route(
            "/v1/auth/oauth2/userinfo",
            get(userinfo::show).post(userinfo::show),
        )
}
