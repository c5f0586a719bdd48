//! What a handler takes from a request, with bad input answered as a problem that names the field.

use axum::{
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, Request,
        rejection::{BytesRejection, FailedToBufferBody},
    },
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use serde::{Serialize, de::DeserializeOwned};

use crate::{FieldError, Problem, Result};

/// A JSON body: of a request, read into `T`, or of a response.
///
/// As an extractor it answers 415 where the content type is not JSON, 413 where the body is too
/// large, and 400 where it cannot be read as a `T`. Put `#[serde(deny_unknown_fields)]` on `T`.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        if !is_json(request.headers()) {
            return Err(Problem::unsupported_media_type());
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|error| match error {
                BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                    Problem::payload_too_large()
                }
                error => Problem::bad_request("The body could not be read.")
                    .with_cause(anyhow::Error::new(error)),
            })?;
        from_json(&body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => json_response(body),
            Err(error) => Problem::internal(error).into_response(),
        }
    }
}

/// A response whose body is JSON already.
pub(crate) fn json_response(body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into().into());
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// Whether the content type is `application/json` or one built on it, such as a merge patch.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str) else {
        return false;
    };
    let essence = value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence
        .strip_prefix("application/")
        .is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    // An array would fill a struct's fields by position, and slip past `deny_unknown_fields`.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::bad_request("The body must be a JSON object."));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        if error.inner().is_data() {
            let path = error.path().to_string();
            Problem::malformed(vec![name_field(&path, &error.inner().to_string())])
        } else {
            not_json(error.inner())
        }
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::bad_request(format!(
        "The body is not JSON: line {}, column {}.",
        error.line(),
        error.column()
    ))
}

/// A query string, read into `T`. Answers 400 where it cannot be.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        from_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

pub(crate) fn from_query<T: DeserializeOwned>(query: &str) -> Result<T> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)).map_err(|error| {
        let path = error.path().to_string();
        Problem::malformed(vec![name_field(&path, &error.inner().to_string())])
    })
}

/// The parameters in the route's path. Answers 404 where they are not of the right form: an address
/// with an impossible id is an address at which nothing is.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::from_status(http::StatusCode::NOT_FOUND)),
        }
    }
}

/// Says which field serde's message is about. For a field that is unknown, missing or twice there,
/// the path leads to the object, and only the message has the name.
fn name_field(path: &str, message: &str) -> FieldError {
    let message = match message.rfind(" at line ") {
        Some(end) => &message[..end],
        None => message,
    };
    for (start, says) in [
        ("unknown field `", "is not a field that is known here"),
        ("missing field `", "is missing"),
        ("duplicate field `", "is there twice"),
    ] {
        if let Some(name) = message.strip_prefix(start) {
            let name = name.split('`').next().unwrap_or_default();
            return FieldError::new(join(path, name), says);
        }
    }
    FieldError::new(path, message)
}

fn join(path: &str, name: &str) -> String {
    // The path of the whole body is a dot. An unknown field may be part of the path already.
    if path == "." || path == name {
        name.to_owned()
    } else if path.ends_with(&format!(".{name}")) {
        path.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Order {
        plan: String,
        #[serde(default)]
        seats: u32,
        #[serde(default)]
        items: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Item {
        id: u32,
    }

    fn refused(body: &str) -> Problem {
        let problem = from_json::<Order>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.status(), StatusCode::BAD_REQUEST, "{body}");
        problem
    }

    #[test]
    fn a_field_of_the_wrong_type_is_named_by_its_path() {
        let problem = refused(r#"{"plan": "pro", "items": [{"id": 1}, {"id": "two"}]}"#);
        assert_eq!(problem.errors()[0].field, "items[1].id");
        assert_eq!(
            problem.errors()[0].message,
            "invalid type: string \"two\", expected u32"
        );
    }

    #[test]
    fn an_unknown_missing_or_doubled_field_is_named() {
        for (body, field, message) in [
            (
                r#"{"plan": "pro", "admin": true}"#,
                "admin",
                "is not a field that is known here",
            ),
            (
                r#"{"plan": "p", "items": [{"id": 1, "x": 2}]}"#,
                "items[0].x",
                "is not a field that is known here",
            ),
            (r#"{"seats": 1}"#, "plan", "is missing"),
            (
                r#"{"plan": "p", "items": [{}]}"#,
                "items[0].id",
                "is missing",
            ),
            (
                r#"{"plan": "pro", "plan": "free"}"#,
                "plan",
                "is there twice",
            ),
        ] {
            let problem = refused(body);
            assert_eq!(
                problem.errors(),
                [FieldError::new(field, message)],
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_not_json_at_all_says_where() {
        for body in [
            "",
            "{",
            "plan=pro",
            "{\"plan\": \"pro\"} x",
            "{\"plan\": \"\u{0}\"}",
        ] {
            let problem = refused(body);
            assert!(
                problem.detail().starts_with("The body is not JSON: line"),
                "{problem:?}"
            );
        }
        let deep = "[".repeat(100_000);
        refused(&format!("{{\"plan\": {deep}"));
        assert!(from_json::<Order>(b"{\"plan\": \"\xff\"}").is_err());
        assert!(from_json::<Order>(b"\xef\xbb\xbf{}").is_err());
    }

    #[test]
    fn only_json_content_types_are_json() {
        let is_json = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            is_json(&headers)
        };
        assert!(is_json("application/json"));
        assert!(is_json("Application/JSON; charset=utf-8"));
        assert!(is_json("application/merge-patch+json"));
        assert!(!is_json("text/plain"));
        assert!(!is_json("application/x-www-form-urlencoded"));
        assert!(!is_json("text/plain; application/json"));
        assert!(!is_json("application/jsonp"));
        assert!(!super::is_json(&HeaderMap::new()));
    }

    #[test]
    fn a_query_parameter_of_the_wrong_type_is_named() {
        #[derive(Debug, Deserialize)]
        struct Filter {
            #[allow(dead_code)]
            year: u16,
        }
        let problem = from_query::<Filter>("year=last").unwrap_err();
        assert_eq!(problem.errors()[0].field, "year");
        let problem = from_query::<Filter>("").unwrap_err();
        assert_eq!(problem.errors(), [FieldError::new("year", "is missing")]);
    }
}
