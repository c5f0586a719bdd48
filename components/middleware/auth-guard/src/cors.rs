//! Cross-origin requests (the Fetch standard, section 3.3): which other origins' pages may ask, and read the answer.
//!
//! A request without an `Origin` pays for one look at its headers. Preflights are answered here, before anybody is asked
//! who they are: browsers send no credentials with them.

use relay::{Entries, write_response};
use wasip3::http::types::{ErrorCode, Method, Request, Response};

use crate::config;

/// For how long a browser may keep the answer to a preflight, in seconds.
const MAX_AGE: &str = "7200";

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// What a page may send.
const REQUEST_HEADERS: &str = "authorization, content-type, idempotency-key, if-match, if-none-match, traceparent, x-request-id, x-session";

/// What a page may read, besides what every page may.
const RESPONSE_HEADERS: &str = "etag, location, retry-after, www-authenticate, x-request-id";

/// The origin that asks, if it is one of `allowed_origins`.
pub async fn origin(headers: &Entries) -> Option<String> {
    let origin = headers.only("origin")?;
    let config = config::get().await.ok()?;
    let is_allowed = config
        .allowed_origins
        .iter()
        .any(|allowed| allowed == origin);
    is_allowed.then(|| origin.to_owned())
}

/// Whether the browser asks if it may ask.
pub fn is_preflight(request: &Request, headers: &Entries) -> bool {
    headers.only("access-control-request-method").is_some()
        && matches!(request.get_method(), Method::Options)
}

/// It may.
pub fn preflight(origin: &str) -> Response {
    let headers = [
        ("access-control-allow-origin", origin),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", METHODS),
        ("access-control-allow-headers", REQUEST_HEADERS),
        ("access-control-max-age", MAX_AGE),
        ("vary", "origin"),
    ];
    write_response(204, &headers, Vec::new())
}

/// Lets the origin read the answer.
pub fn share(response: Response, origin: &str) -> Result<Response, ErrorCode> {
    let headers = response.get_headers().clone();
    let shared = [
        ("access-control-allow-origin", origin),
        ("access-control-allow-credentials", "true"),
        ("access-control-expose-headers", RESPONSE_HEADERS),
    ]
    .into_iter()
    .try_for_each(|(name, value)| headers.set(name, &[value.as_bytes().to_vec()]))
    .and_then(|()| headers.append("vary", b"origin"));
    let status = response.get_status_code();
    relay::with_response_headers(response, status, shared.map(|()| headers))
}
