//! `GET /.well-known/openid-configuration`: what applications have to know of us.

use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, VARY};
use shared::{Json, Result, variables};

use crate::authorization::Provider;
use crate::signing_key::Algorithm;

/// Shows it.
pub async fn show() -> Result<impl IntoResponse> {
    let provider = Provider::load().await?;
    let algorithm = Algorithm::named(variables::get("signing_algorithm").await?.trim())?;
    // The guard lets some origins read it, and caches must not mix them up.
    let told = [(CACHE_CONTROL, "public, max-age=300"), (VARY, "origin")];
    Ok((told, Json(provider.metadata(algorithm.name()))))
}
