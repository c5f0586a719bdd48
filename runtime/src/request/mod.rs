//! The story of a request: route it, decide what to believe of its headers, call the guest, finish the response.

mod body;
pub mod id;
mod problem;
mod trust;

use std::net::SocketAddr;

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header, uri};
use hyper::body::{Body as _, Incoming};
use wasmtime_wasi_http::WasiBody;

use crate::{app::App, route, trace::TraceContext};

/// Answers one request. Whatever goes wrong becomes a response; nothing here ends the connection.
pub async fn handle(app: &App, peer: SocketAddr, request: Request<Incoming>) -> Response<WasiBody> {
    if let Some(response) = health(app, request.uri().path()) {
        return response;
    }
    let request_id = id::of(request.headers());
    let mut response = match forward(app, peer, request, &request_id).await {
        Ok(response) => response,
        Err(response) => response,
    };
    if !response.headers().contains_key(id::HEADER)
        && let Ok(value) = HeaderValue::from_str(&request_id)
    {
        response.headers_mut().insert(id::HEADER, value);
    }
    response
}

/// The runtime's own paths: whether it runs, and whether it takes requests.
fn health(app: &App, path: &str) -> Option<Response<WasiBody>> {
    let (status, word) = match path {
        "/healthz" => (StatusCode::OK, "ok"),
        "/readyz" if app.is_draining() => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        "/readyz" => (StatusCode::OK, "ready"),
        _ => return None,
    };
    Some(problem::respond(status, "text/plain", format!("{word}\n")))
}

/// The way to the guest and back; an early end is a response too.
async fn forward(
    app: &App,
    peer: SocketAddr,
    request: Request<Incoming>,
    request_id: &str,
) -> Result<Response<WasiBody>, Response<WasiBody>> {
    let refuse = |status, detail: &str| problem::problem(status, detail, request_id);
    let (mut parts, body) = request.into_parts();

    // The guest sees an absolute URI; routes match the path as it came.
    let uri = parts.uri.clone();
    let matched = app.routes().lookup(uri.path());
    let (matched, guest) = matched
        .and_then(|matched| Some((app.guest(&matched)?, matched)))
        .map(|(guest, matched)| (matched, guest))
        .ok_or_else(|| refuse(StatusCode::NOT_FOUND, "There is nothing at this path."))?;

    let too_large = || {
        let detail = format!(
            "The request body may have at most {} bytes.",
            guest.max_body()
        );
        refuse(StatusCode::PAYLOAD_TOO_LARGE, &detail)
    };
    if body.size_hint().lower() > guest.max_body() {
        return Err(too_large());
    }

    let client = trust::client(app.trusted_proxies(), peer, &mut parts.headers);
    parts.uri = absolute(parts.uri, &parts.headers, client.is_tls).ok_or_else(|| {
        refuse(
            StatusCode::BAD_REQUEST,
            "The Host header is missing or malformed.",
        )
    })?;
    if let Ok(value) = HeaderValue::from_str(request_id) {
        parts.headers.insert(id::HEADER, value);
    }
    let trace = TraceContext::continue_or(&mut parts.headers, || TraceContext::new(false));
    route::set_spin_headers(&mut parts.headers, &matched, &parts.uri, client.address);

    let received = body::receive(body, guest.max_body()).await;
    let body = received.map_err(|lost| match lost {
        body::Lost::TooLarge => too_large(),
        body::Lost::Slow => refuse(
            StatusCode::REQUEST_TIMEOUT,
            "The request body took too long to arrive.",
        ),
        body::Lost::Broken => refuse(StatusCode::BAD_REQUEST, "The request body broke off."),
    })?;
    let request = Request::from_parts(parts, body);
    guest
        .call(request, request_id.to_owned(), trace, 0)
        .await
        .map_err(|failure| problem::of_failure(&failure, request_id))
}

/// The URI with scheme and authority, as guests expect it. `None` when the request names no valid host.
fn absolute(uri: Uri, headers: &HeaderMap, is_tls: bool) -> Option<Uri> {
    let mut parts = uri.into_parts();
    if parts.authority.is_none() {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next()?;
        if hosts.next().is_some() {
            return None;
        }
        parts.authority = uri::Authority::try_from(host.as_bytes()).ok();
    }
    if parts.authority.as_ref()?.as_str().contains('@') {
        return None;
    }
    parts.scheme = Some(if is_tls {
        uri::Scheme::HTTPS
    } else {
        uri::Scheme::HTTP
    });
    if parts.path_and_query.is_none() {
        parts.path_and_query = Some(uri::PathAndQuery::from_static("/"));
    }
    Uri::from_parts(parts).ok()
}
