//! One JSON line a request, as `request-log` writes it, and the request's id in the answer.

use std::{
    io::Write as _,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    extract::Request,
    http::{HeaderValue, header::USER_AGENT},
    middleware::Next,
    response::Response,
};
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    time_ms: u64,
    request_id: &'a str,
    method: &'a str,
    path: &'a str,
    user_agent: Option<&'a str>,
    status: u16,
    duration_us: u64,
}

/// Answers and logs.
pub async fn request(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    let method = request.method().clone();
    let uri = request.uri().clone();
    let user_agent = request.headers().get(USER_AGENT).cloned();
    let id = uuid::Uuid::now_v7().to_string();

    let mut response = next.run(request).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    let line = Line {
        time_ms: time.map_or(0, |time| time.as_millis() as u64),
        request_id: &id,
        method: method.as_str(),
        path: uri.path(),
        user_agent: user_agent.as_ref().and_then(|agent| agent.to_str().ok()),
        status: response.status().as_u16(),
        duration_us: started.elapsed().as_micros() as u64,
    };
    if let Ok(mut line) = serde_json::to_vec(&line) {
        line.push(b'\n');
        // There is nowhere to report a log that cannot be written.
        let _ = std::io::stdout().write_all(&line);
    }
    response
}
