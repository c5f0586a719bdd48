//! The runtime's own paths: whether it runs, whether it takes requests, what it counts, and the clock of tests.

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use jiff::{Span, Timestamp};
use serde::Deserialize;
use wasmtime_wasi_http::WasiBody;

use super::{
    body, id, problem,
    trust::{self, Client},
};
use crate::{
    app::App,
    clock::{TestClock, Unreachable},
    metrics,
};

/// Bytes that a request to set the clock may have.
const BODY_LIMIT: u64 = 1024;

/// What is said of a path that leads nowhere.
pub const NOTHING: &str = "There is nothing at this path.";

/// One of the paths.
#[derive(Debug, Clone, Copy)]
pub enum Own {
    Health,
    SpinHealth,
    Readiness,
    Metrics,
    Clock,
}

impl Own {
    /// The path's, if it is one of ours. There is no clock where nobody asked for one to set.
    pub fn at(app: &App, path: &str) -> Option<Self> {
        match path {
            "/healthz" => Some(Self::Health),
            // Where those look who run Spin applications.
            "/.well-known/spin/health" => Some(Self::SpinHealth),
            "/readyz" => Some(Self::Readiness),
            "/metrics" => Some(Self::Metrics),
            "/_selvedge/clock" if app.test_clock().is_some() => Some(Self::Clock),
            _ => None,
        }
    }

    /// The answer to a request on the listener that everybody may reach.
    pub async fn answer(
        self,
        app: &App,
        peer: Client,
        request: Request<Incoming>,
    ) -> Response<WasiBody> {
        let is_local = trust::is_local(peer.address, request.headers());
        match (self, app.test_clock()) {
            (Self::Health, _) => words(StatusCode::OK, "ok"),
            (Self::SpinHealth, _) => {
                problem::respond(StatusCode::OK, "text/plain", "OK".to_owned())
            }
            (Self::Readiness, _) if app.is_draining() => {
                words(StatusCode::SERVICE_UNAVAILABLE, "draining")
            }
            (Self::Readiness, _) => words(StatusCode::OK, "ready"),
            (Self::Metrics, _) if is_local && !app.has_private_metrics() => metrics_of(app),
            (Self::Clock, Some(clock)) if is_local => set_clock(clock, request).await,
            _ => nothing_at(&request),
        }
    }
}

/// The answer where there is nothing.
pub fn nothing_at(request: &Request<Incoming>) -> Response<WasiBody> {
    let id = id::of(request.headers());
    problem::problem(StatusCode::NOT_FOUND, NOTHING, &id)
}

/// What the application counts, in Prometheus' text format.
pub fn metrics_of(app: &App) -> Response<WasiBody> {
    problem::respond(
        StatusCode::OK,
        metrics::CONTENT_TYPE,
        app.metrics().render(),
    )
}

fn words(status: StatusCode, word: &str) -> Response<WasiBody> {
    problem::respond(status, "text/plain", format!("{word}\n"))
}

/// What to do with the clock.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Change {
    /// To show this time.
    Now(Timestamp),
    /// To move forward by this much: `15m`, `1mo` or `P1M`.
    Advance(Span),
}

async fn set_clock(clock: &TestClock, request: Request<Incoming>) -> Response<WasiBody> {
    let id = id::of(request.headers());
    let refuse = |status, detail: &str| problem::problem(status, detail, &id);
    let (parts, body) = request.into_parts();
    match parts.method {
        Method::GET => return tell(clock),
        Method::POST => {}
        _ => {
            let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "Use GET or POST.");
            let allowed = HeaderValue::from_static("GET,POST");
            response.headers_mut().insert(header::ALLOW, allowed);
            return response;
        }
    }
    // What a web page of another site can send without asking has another type.
    if !is_json(&parts.headers) {
        let detail = "Send application/json.";
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail);
    }
    let whole = match body::receive(body, BODY_LIMIT).await {
        Ok((body, _)) => body.collect().await.ok(),
        Err(_) => None,
    };
    let Some(whole) = whole else {
        return refuse(StatusCode::BAD_REQUEST, "The request body did not arrive.");
    };
    let changed = match serde_json::from_slice(&whole.to_bytes()) {
        Ok(Change::Now(time)) => clock.set(time),
        Ok(Change::Advance(span)) => clock.advance_by(span),
        Err(error) => {
            let detail = format!(
                "Send {{\"now\": \"2030-01-31T00:00:00Z\"}} or {{\"advance\": \"15m\"}}: {error}."
            );
            return refuse(StatusCode::BAD_REQUEST, &detail);
        }
    };
    match changed {
        Ok(()) => tell(clock),
        Err(error @ (Unreachable::Outside | Unreachable::Past(_))) => {
            refuse(StatusCode::UNPROCESSABLE_ENTITY, &format!("{error}."))
        }
    }
}

fn tell(clock: &TestClock) -> Response<WasiBody> {
    let body = serde_json::json!({"now": clock.now()});
    problem::respond(StatusCode::OK, "application/json", body.to_string())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}
