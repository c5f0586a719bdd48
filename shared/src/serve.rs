//! Runs a component's router and gives every answer its common form: problems with the request id,
//! headers that keep browsers safe, a length, and the component's name for the log.

use std::io::Write;

use axum::{Router, body::Body, extract::DefaultBodyLimit};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use spin_sdk::wasip3::http::types;
use tower_service::Service;

use crate::{Problem, reply};

/// How large a request's body may be, in bytes, unless a route has a `DefaultBodyLimit` of its own.
pub const BODY_LIMIT: usize = 64 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const USER: HeaderName = HeaderName::from_static(crate::caller::headers::USER);
const COMPONENT: HeaderName = HeaderName::from_static("x-selvedge-component");

/// Answers a request by the component's routes. `component` is the name the log shows.
pub async fn serve(
    component: &'static str,
    router: Router,
    request: spin_sdk::http::Request,
) -> Result<types::Response, types::ErrorCode> {
    reply::send(answer(component, router, request.map(Body::new)).await)
}

async fn answer(
    component: &'static str,
    mut router: Router,
    mut request: Request<Body>,
) -> Response<Bytes> {
    let context = Context {
        component,
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        request_id: request_id(request.headers()),
        user: request.headers().get(USER).cloned(),
    };
    DefaultBodyLimit::max(BODY_LIMIT).apply(&mut request);
    let response = match Service::call(&mut router, request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    context.finish(response).await
}

/// The id that the request log gave the request, if it is one that may be shown.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let fits = (1..=64).contains(&id.len());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (fits && id.bytes().all(plain)).then(|| id.to_owned())
}

/// What is still needed of the request when its answer is there.
struct Context {
    component: &'static str,
    method: Method,
    path: String,
    request_id: Option<String>,
    /// As the guard named it; the log asks.
    user: Option<HeaderValue>,
}

impl Context {
    async fn finish(self, response: axum::response::Response) -> Response<Bytes> {
        let (mut parts, body) = response.into_parts();
        let body = match problem_in(&parts) {
            Some(problem) => self.render(&problem, &mut parts),
            None => match body.collect().await {
                Ok(body) => body.to_bytes(),
                Err(error) => {
                    parts.headers.clear();
                    self.render(&Problem::internal(anyhow::Error::new(error)), &mut parts)
                }
            },
        };
        self.add_headers(&mut parts, &body);
        let body = if self.method == Method::HEAD {
            Bytes::new()
        } else {
            body
        };
        Response::from_parts(parts, body)
    }

    /// Turns the response into the problem, and logs its cause.
    fn render(&self, problem: &Problem, parts: &mut http::response::Parts) -> Bytes {
        if let Some(cause) = problem.cause() {
            let mut line = serde_json::json!({
                "level": if problem.status().is_server_error() { "error" } else { "warn" },
                "message": "request failed",
                "component": self.component,
                "request_id": self.request_id,
                "method": cut(self.method.as_str()),
                "path": cut(&self.path),
                "status": problem.status().as_u16(),
                "cause": format!("{cause:#}"),
            })
            .to_string();
            line.push('\n');
            // In one write, so that lines do not mix. Nor by `eprintln!`, which traps where nobody listens.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
        parts.status = problem.status();
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        Bytes::from(problem.body(self.request_id.as_deref()))
    }

    fn add_headers(&self, parts: &mut http::response::Parts, body: &Bytes) {
        let headers = &mut parts.headers;
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        headers.insert(COMPONENT, HeaderValue::from_static(self.component));
        // What the guard would otherwise have to make a new response for.
        if let Some(user) = &self.user {
            headers.insert(USER, user.clone());
        }
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        // Axum has dropped the body of an answer to HEAD, and set the length it had.
        let keep = self.method == Method::HEAD && headers.contains_key(header::CONTENT_LENGTH);
        match parts.status {
            StatusCode::NO_CONTENT => drop(headers.remove(header::CONTENT_LENGTH)),
            StatusCode::NOT_MODIFIED => {}
            _ if keep => {}
            _ => drop(headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()))),
        }
    }
}

/// The problem that the response is, or should have been: the router's own 404 and 405, and whatever
/// axum refused before a handler ran, come as bare statuses or plain text.
fn problem_in(parts: &http::response::Parts) -> Option<Problem> {
    if let Some(problem) = parts.extensions.get::<Problem>() {
        return Some(problem.clone());
    }
    let is_error = parts.status.is_client_error() || parts.status.is_server_error();
    let has_json = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().ends_with(b"json"));
    (is_error && !has_json).then(|| Problem::from_status(parts.status))
}

/// The beginning of what a client wrote: a log line must not be as long as it likes.
fn cut(text: &str) -> &str {
    const LONGEST: usize = 512;
    &text[..text.floor_char_boundary(LONGEST)]
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use serde_json::{Value, json};

    use super::*;
    use crate::{Json, Path, UserId};

    fn router() -> Router {
        Router::new()
            .route("/hello", get(|| async { "hello" }))
            .route("/empty", get(|| async { StatusCode::NO_CONTENT }))
            .route(
                "/echo",
                post(|Json(value): Json<Value>| async { Json(value) }),
            )
            .route(
                "/fail",
                get(|| async { Problem::internal(anyhow::anyhow!("the secret cause")) }),
            )
            .route(
                "/own",
                get(|| async { (StatusCode::BAD_REQUEST, Json(json!({"error": "x"}))) }),
            )
            .route(
                "/users/{id}",
                get(|Path(id): Path<UserId>| async move { id.to_string() }),
            )
    }

    struct Answer {
        status: StatusCode,
        headers: HeaderMap,
        body: String,
    }

    impl Answer {
        fn json(&self) -> Value {
            serde_json::from_str(&self.body).unwrap()
        }
    }

    async fn send(method: &str, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-request-id", "req-1")
            .header("content-type", content_type)
            .body(body.into())
            .unwrap();
        let (parts, body) = answer("test", router(), request).await.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn fetch(path: &str) -> Answer {
        send("GET", path, "", "").await
    }

    #[tokio::test]
    async fn every_answer_has_a_length_a_name_and_safe_headers() {
        let answer = fetch("/hello").await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, "hello")
        );
        assert_eq!(answer.headers["content-length"], "5");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["x-selvedge-component"], "test");
    }

    #[tokio::test]
    async fn the_answer_says_whose_request_it_was() {
        let request = Request::builder().uri("/hello").header(USER, "usr_1");
        let request = request.body(Body::empty()).unwrap();
        let answer = answer("test", router(), request).await;
        assert_eq!(answer.headers()[USER], "usr_1");
        assert!(!fetch("/hello").await.headers.contains_key(USER));
    }

    #[tokio::test]
    async fn an_unknown_path_and_a_wrong_method_are_problems() {
        let answer = fetch("/nowhere").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.json()["request_id"], "req-1");
        let answer = send("DELETE", "/hello", "", "").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.headers["allow"], "GET,HEAD");
        assert_eq!(
            answer.json()["type"],
            "urn:selvedge:problem:method-not-allowed"
        );
    }

    #[tokio::test]
    async fn an_impossible_id_is_a_404() {
        assert_eq!(fetch("/users/usr_1").await.status, StatusCode::NOT_FOUND);
        assert_eq!(fetch("/users/%ff").await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            fetch(&format!("/users/{}", UserId::new())).await.status,
            StatusCode::OK
        );
    }

    #[tokio::test]
    async fn a_cause_is_not_shown() {
        let answer = fetch("/fail").await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!answer.body.contains("secret"));
        assert_eq!(
            answer.headers["content-length"],
            answer.body.len().to_string()
        );
    }

    #[tokio::test]
    async fn an_error_with_a_json_body_of_its_own_keeps_it() {
        assert_eq!(fetch("/own").await.json(), json!({"error": "x"}));
    }

    #[tokio::test]
    async fn a_body_of_64_kib_is_taken_and_a_larger_one_is_not() {
        let text = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
        let answer = send("POST", "/echo", "application/json", text(BODY_LIMIT)).await;
        assert_eq!(answer.status, StatusCode::OK);
        let answer = send("POST", "/echo", "application/json", text(BODY_LIMIT + 1)).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        let answer = send("POST", "/echo", "text/plain", "{}").await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    #[tokio::test]
    async fn head_and_no_content_have_no_body_and_an_honest_length() {
        let answer = send("HEAD", "/hello", "", "").await;
        assert_eq!(
            (answer.body.as_str(), &answer.headers["content-length"]),
            ("", &HeaderValue::from(5))
        );
        let (head, get) = (send("HEAD", "/fail", "", "").await, fetch("/fail").await);
        assert_eq!(
            head.headers["content-length"],
            get.headers["content-length"]
        );
        let answer = fetch("/empty").await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert!(!answer.headers.contains_key("content-length"));
    }

    #[test]
    fn a_request_id_that_could_forge_a_log_line_is_not_shown() {
        for (id, shown) in [
            ("a.b_C-9", true),
            ("", false),
            ("a b", false),
            ("a\"b", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(id));
            assert_eq!(request_id(&headers).is_some(), shown, "{id}");
        }
    }
}
