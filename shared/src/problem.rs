//! How a request fails: a message for the caller, a cause for the log (RFC 9457).

use std::{fmt, sync::Arc};

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

/// What a handler or an extractor returns.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// One thing wrong with one field of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field, as a path into the body or the name of a query parameter: `items[2].plan`.
    pub field: String,
    /// What is wrong with it, to be read after the field's name: `is not an email address`.
    pub message: String,
}

impl FieldError {
    /// Says that `field` is wrong, and how.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// An answer other than the one asked for.
///
/// As a response it has a status and headers; [`serve`](crate::serve()) writes its body, since only
/// there the request id is known, and logs its cause.
#[derive(Clone)]
pub struct Problem(Box<Parts>);

#[derive(Clone)]
struct Parts {
    status: StatusCode,
    slug: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    headers: HeaderMap,
    cause: Option<Arc<anyhow::Error>>,
}

impl Problem {
    /// 400: the request makes no sense.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 400: the request cannot be read; the fields say where.
    pub fn malformed(errors: Vec<FieldError>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request could not be read.")
            .with_slug("malformed")
            .with_errors(errors)
    }

    /// 401, with the challenge that RFC 9110 section 11.6.1 asks for.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403: known, and not allowed.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 404: there is no such thing, or none that this caller may know of.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409: the request contradicts what is stored.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 412: the resource is no longer the one the caller saw.
    pub fn precondition_failed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, detail)
    }

    /// 413: the body is larger than the route takes.
    pub fn payload_too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request's body is larger than this address takes.",
        )
    }

    /// 415: the body is not JSON.
    pub fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body must be JSON, sent with content-type: application/json.",
        )
    }

    /// 422: readable, with values that are not allowed; the fields say which.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Some of the values are not allowed.",
        )
        .with_slug("validation")
        .with_errors(errors)
    }

    /// 422: readable, but cannot be done, for a reason that is not one field's.
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 429: may be tried again after about `retry_after_seconds`.
    pub fn too_many_requests(detail: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, detail).with_retry_after(retry_after_seconds)
    }

    /// 503: works again after about `retry_after_seconds`.
    pub fn unavailable(detail: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).with_retry_after(retry_after_seconds)
    }

    /// 500: our fault. The cause goes to the log and nowhere else.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side. The request id helps us find out what.",
        )
        .with_cause(cause)
    }

    /// The problem that says no more than its status does.
    pub(crate) fn from_status(status: StatusCode) -> Self {
        let detail = match status {
            StatusCode::NOT_FOUND => "There is nothing at this address.",
            StatusCode::METHOD_NOT_ALLOWED => "This address does not take this method.",
            _ => status.canonical_reason().unwrap_or("The request failed."),
        };
        Self::new(status, detail)
    }

    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            slug: slug(status),
            detail: detail.into(),
            errors: Vec::new(),
            headers: HeaderMap::new(),
            cause: None,
        }))
    }

    /// Adds a header to the response, replacing one of the same name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Says after how many seconds another try is worth it.
    #[must_use]
    pub fn with_retry_after(self, seconds: u32) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Adds what the log, but not the caller, should know.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.0.cause = Some(Arc::new(cause.into()));
        self
    }

    /// Says of which kind it is, where the status says too little: the last part of its `type`.
    #[must_use]
    pub fn with_slug(mut self, slug: &'static str) -> Self {
        self.0.slug = slug;
        self
    }

    fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The response's status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What the caller is told.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What is wrong with which field; empty where no field is to blame.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// What only the log is told.
    pub(crate) fn cause(&self) -> Option<&anyhow::Error> {
        self.0.cause.as_deref()
    }

    /// The response's body.
    pub(crate) fn body(&self, request_id: Option<&str>) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            r#type: String,
            title: &'a str,
            status: u16,
            detail: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            request_id: Option<&'a str>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            errors: &'a [FieldError],
        }
        let parts = &*self.0;
        serde_json::to_vec(&Body {
            r#type: format!("urn:selvedge:problem:{}", parts.slug),
            title: parts.status.canonical_reason().unwrap_or("Error"),
            status: parts.status.as_u16(),
            detail: &parts.detail,
            request_id,
            errors: &parts.errors,
        })
        .unwrap_or_default()
    }
}

/// The last part of a problem's `type`, for problems that say no more than their status.
fn slug(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "bad-request",
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
        StatusCode::CONFLICT => "conflict",
        StatusCode::PRECONDITION_FAILED => "precondition-failed",
        StatusCode::PAYLOAD_TOO_LARGE => "payload-too-large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported-media-type",
        StatusCode::UNPROCESSABLE_ENTITY => "unprocessable",
        StatusCode::TOO_MANY_REQUESTS => "too-many-requests",
        StatusCode::SERVICE_UNAVAILABLE => "service-unavailable",
        status if status.is_server_error() => "internal",
        _ => "request",
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.headers_mut().extend(self.0.headers.clone());
        response.extensions_mut().insert(self);
        response
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.0.status, self.0.detail)?;
        for error in &self.0.errors {
            write!(f, "; {:?} {:?}", error.field, error.message)?;
        }
        match &self.0.cause {
            Some(cause) => write!(f, "; caused by {cause:#}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(problem: &Problem) -> serde_json::Value {
        serde_json::from_slice(&problem.body(Some("req-1"))).unwrap()
    }

    #[test]
    fn a_problem_says_type_title_status_detail_and_request_id() {
        assert_eq!(
            json(&Problem::not_found("There is no such invoice.")),
            serde_json::json!({
                "type": "urn:selvedge:problem:not-found",
                "title": "Not Found",
                "status": 404,
                "detail": "There is no such invoice.",
                "request_id": "req-1",
            })
        );
    }

    #[test]
    fn a_validation_problem_lists_every_field() {
        let body = json(&Problem::invalid(vec![
            FieldError::new("email", "is not an email address"),
            FieldError::new("name", "is empty"),
        ]));
        assert_eq!(body["type"], "urn:selvedge:problem:validation");
        assert_eq!(body["status"], 422);
        assert_eq!(body["errors"][1]["field"], "name");
        assert_eq!(body["errors"][1]["message"], "is empty");
    }

    #[test]
    fn the_cause_is_never_in_the_body() {
        let problem = Problem::internal(anyhow::anyhow!("SELECT secret FROM vault"));
        assert!(!json(&problem).to_string().contains("secret"));
    }

    #[test]
    fn a_401_carries_a_challenge_and_a_503_a_time_to_come_back() {
        let unauthorized = Problem::unauthorized("Sign in.").into_response();
        assert_eq!(unauthorized.headers()[header::WWW_AUTHENTICATE], "Bearer");
        let unavailable = Problem::unavailable("Busy.", 2).into_response();
        assert_eq!(unavailable.headers()[header::RETRY_AFTER], "2");
    }
}
