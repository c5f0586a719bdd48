//! `GET /.well-known/jwks.json`: the public keys, for whoever verifies tokens.

use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use shared::{Json, Result, clock};

use crate::signing_key::{self, PublicKey};

/// As long as the auth guard keeps keys without asking.
const CACHING: &str = "public, max-age=300";

/// A JSON Web Key Set, RFC 7517 section 5.
#[derive(Debug, Serialize)]
struct KeySet {
    keys: Vec<PublicKey>,
}

/// Shows the keys; there is always at least the one that signs.
pub async fn show() -> Result<impl IntoResponse> {
    signing_key::current(clock::now())?;
    let keys = signing_key::published()?;
    Ok(([(CACHE_CONTROL, CACHING)], Json(KeySet { keys })))
}
