//! `GET /.well-known/jwks.json`: the public keys, for whoever verifies tokens.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use shared::{Json, Problem, Result, clock};

use crate::keyring::Keyring;
use crate::random;

/// As long as the auth guard keeps keys without asking.
const CACHING: &str = "public, max-age=300";

/// A JSON Web Key Set, RFC 7517 section 5.
#[derive(Debug, Serialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// Shows the keys; there is always at least the one that signs.
pub async fn show(headers: HeaderMap) -> Result<Response> {
    let keys = Keyring::load().await?.published(clock::now())?;
    let set = KeySet { keys };
    let tag = tag(&set)?;
    // The guard lets some origins read it, and caches must not mix them up.
    let told = [
        (CACHE_CONTROL, CACHING),
        (ETAG, tag.as_str()),
        (VARY, "origin"),
    ];
    if is_known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, told).into_response());
    }
    Ok((told, Json(set)).into_response())
}

/// Of the keys themselves: no count of changes would survive a restored database.
fn tag(set: &KeySet) -> Result<String> {
    let text = serde_json::to_string(set).map_err(Problem::internal)?;
    let hash = random::hash(&text);
    let hex: String = hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("\"{hex}\""))
}

/// RFC 9110 section 13.1.2.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}
