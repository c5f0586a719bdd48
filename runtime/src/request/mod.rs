//! The story of a request: route it, decide what to believe of its headers, call the guest, finish the response.

mod body;
pub mod id;
mod own;
mod problem;
mod trust;

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, Version, header, uri};
use hyper::body::{Body as _, Incoming};
use wasmtime_wasi_http::WasiBody;

pub use own::{metrics_of, nothing_at};
pub use trust::Client;

use crate::{
    app::App,
    guest::Answer,
    metrics::Answering,
    route,
    trace::{Span, TraceContext},
};
use own::Own;

/// Answers one request of whoever is at the other end of its connection. Whatever goes wrong becomes a response;
/// nothing here ends the connection.
pub async fn handle(app: &App, peer: Client, mut request: Request<Incoming>) -> Response<WasiBody> {
    if let Some(own) = Own::at(app, request.uri().path()) {
        return own.answer(app, peer, request).await;
    }
    let answering = app.metrics().answering();
    let request_id = id::of(request.headers());
    // A component's answer goes out as it is, as under Spin; who names a request is told how we know it.
    let is_named = request.headers().contains_key(id::HEADER);
    let (span, trace) = Span::of_request(&mut request);
    let mut told = Told { answering, span };
    let mut response = match forward(app, peer, request, &request_id, trace, &mut told).await {
        Ok(response) => response,
        Err(response) => response,
    };
    told.answering.answered(response.status());
    told.span.answered(response.status());
    if is_named
        && !response.headers().contains_key(id::HEADER)
        && let Ok(value) = HeaderValue::from_str(&request_id)
    {
        response.headers_mut().insert(id::HEADER, value);
    }
    response
}

/// What is told of a request to those who watch.
struct Told<'a> {
    answering: Answering<'a>,
    span: Span,
}

/// The way to the guest and back; an early end is a response too.
async fn forward(
    app: &App,
    peer: Client,
    request: Request<Incoming>,
    request_id: &str,
    trace: TraceContext,
    told: &mut Told<'_>,
) -> Result<Response<WasiBody>, Response<WasiBody>> {
    let refuse = |status, detail: &str| problem::problem(status, detail, request_id);
    let (mut parts, body) = request.into_parts();

    // The guest sees an absolute URI; routes match the path as it came.
    let uri = parts.uri.clone();
    let matched = app.routes().lookup(uri.path());
    let answer = matched.and_then(|matched| Some((matched, app.answer(&matched)?)));
    if let Some((matched, _)) = &answer {
        told.answering.matched(matched.trigger);
        told.span
            .matched(|| app.manifest().triggers[matched.trigger].route.to_string());
    }
    let (matched, guest) = match answer {
        Some((matched, Answer::Guest(guest))) => (matched, guest),
        Some((_, Answer::Static(response))) => return Ok(problem::whole(response.response())),
        None => return Err(refuse(StatusCode::NOT_FOUND, own::NOTHING)),
    };

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
    let no_host = || {
        refuse(
            StatusCode::BAD_REQUEST,
            "The Host header is missing or malformed.",
        )
    };
    let authority = authority(parts.version, &parts.uri, &parts.headers).ok_or_else(no_host)?;
    if parts.uri.authority().is_some()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        parts.headers.insert(header::HOST, host);
    }
    parts.uri = absolute(parts.uri, authority, client.is_tls).ok_or_else(no_host)?;
    if let Ok(value) = HeaderValue::from_str(request_id) {
        parts.headers.insert(id::HEADER, value);
    }
    route::set_spin_headers(&mut parts.headers, &matched, &parts.uri, client.address);

    let lost = |lost| match lost {
        body::Lost::TooLarge => too_large(),
        body::Lost::Slow => refuse(
            StatusCode::REQUEST_TIMEOUT,
            "The request body took too long to arrive.",
        ),
        body::Lost::Broken => refuse(StatusCode::BAD_REQUEST, "The request body broke off."),
    };
    let received = body::receive(body, guest.max_body()).await;
    let (body, fate) = received.map_err(lost)?;
    let request = Request::from_parts(parts, body);
    let answer = guest.call(request, request_id.to_owned(), trace, 0).await;
    // A component that read what was not all there may say anything; why it was not, only we know.
    if let Some(cause) = fate.lost() {
        return Err(lost(cause));
    }
    answer.map_err(|failure| problem::of_failure(&failure, request_id))
}

/// The host a request is for, where that is plain. HTTP/1.1 wants one valid `Host` in any case, and an absolute target
/// goes before it (RFC 9112, 3.2); HTTP/2 has `:authority`, which a `Host` may only repeat (RFC 9113, 8.3.1).
fn authority(version: Version, uri: &Uri, headers: &HeaderMap) -> Option<uri::Authority> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (None, _) => None,
        (Some(host), None) => Some(uri::Authority::try_from(host.as_bytes()).ok()?),
        (Some(_), Some(_)) => return None,
    };
    let names_a_user = |authority: &uri::Authority| authority.as_str().contains('@');
    if host.as_ref().is_some_and(names_a_user) || uri.authority().is_some_and(names_a_user) {
        return None;
    }
    let target = uri.authority().cloned();
    match (target, host) {
        (Some(target), Some(host)) if version == Version::HTTP_2 && target != host => None,
        (_, None) if version == Version::HTTP_11 => None,
        (Some(target), _) => Some(target),
        (None, host) => host,
    }
}

/// The URI with scheme and authority, as guests expect it.
fn absolute(uri: Uri, authority: uri::Authority, is_tls: bool) -> Option<Uri> {
    let mut parts = uri.into_parts();
    parts.authority = Some(authority);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn host(version: Version, target: &'static str, hosts: &[&'static str]) -> Option<String> {
        let uri = Uri::from_static(target);
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_static(host));
        }
        authority(version, &uri, &headers).map(|authority| authority.to_string())
    }

    #[test]
    fn one_valid_host_is_needed_whatever_the_target_says() {
        for target in ["/", "http://b/"] {
            let host = |hosts| host(Version::HTTP_11, target, hosts);
            for wrong in [&[][..], &["a", "a"], &["a b"], &["a/b"], &["user@a"], &[""]] {
                assert_eq!(host(wrong), None, "{target} {wrong:?}");
            }
        }
        assert_eq!(host(Version::HTTP_11, "/", &["a"]).as_deref(), Some("a"));
    }

    #[test]
    fn an_absolute_target_goes_before_the_host() {
        let host = host(Version::HTTP_11, "http://b:81/", &["a"]);
        assert_eq!(host.as_deref(), Some("b:81"));
    }

    #[test]
    fn over_http_2_the_host_may_only_repeat_the_authority() {
        let host = |hosts| host(Version::HTTP_2, "https://a/", hosts);
        assert_eq!(host(&[]).as_deref(), Some("a"));
        assert_eq!(host(&["a"]).as_deref(), Some("a"));
        assert_eq!(host(&["b"]), None);
    }
}
