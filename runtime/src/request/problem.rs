//! What the runtime itself has to say to a client, as RFC 9457 problems.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use wasmtime_wasi_http::WasiBody;

use super::id;
use crate::guest::Failure;

/// Seconds after which a client should try again when there was no capacity.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A problem response. `detail` is for the client: it tells nothing of the inside.
pub fn problem(status: StatusCode, detail: &str, request_id: &str) -> Response<WasiBody> {
    let title = status.canonical_reason().unwrap_or("Error");
    let slug = title.to_ascii_lowercase().replace(' ', "-");
    let body = serde_json::json!({
        "type": format!("urn:selvedge:problem:{slug}"),
        "title": title,
        "status": status.as_u16(),
        "detail": detail,
        "request_id": request_id,
    });
    let mut response = respond(status, "application/problem+json", body.to_string());
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(id::HEADER, value);
    }
    response
}

/// The response to a request whose component failed.
pub fn of_failure(failure: &Failure, request_id: &str) -> Response<WasiBody> {
    match failure {
        Failure::Trap => problem(
            StatusCode::BAD_GATEWAY,
            "The service failed while it handled the request.",
            request_id,
        ),
        Failure::Deadline => problem(
            StatusCode::GATEWAY_TIMEOUT,
            "The service did not answer in time.",
            request_id,
        ),
        Failure::Busy => {
            let mut response = problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "The service is at capacity. Try again shortly.",
                request_id,
            );
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, RETRY_AFTER);
            response
        }
    }
}

/// A response whose body is there already.
pub fn whole(response: Response<Bytes>) -> Response<WasiBody> {
    response.map(|body| {
        Full::new(body)
            .map_err(|never| match never {})
            .boxed_unsync()
    })
}

/// A complete response of the runtime's own.
pub fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response<WasiBody> {
    let mut response = whole(Response::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
