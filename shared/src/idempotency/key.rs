//! The `Idempotency-Key` header.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::{HeaderMap, HeaderName, request::Parts};

use crate::{FieldError, Problem, Result};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The caller's name for a request: 1 to 255 visible ASCII characters. As an extractor it answers 400
/// where there is none; `Option<IdempotencyKey>` only where there is a bad one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_headers(headers: &HeaderMap) -> Result<Option<Self>> {
        let mut values = headers.get_all(HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let bytes = value.as_bytes();
        let fits = (1..=255).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        match value.to_str() {
            Ok(key) if fits && values.next().is_none() => Ok(Some(Self(key.to_owned()))),
            _ => Err(refused(
                "must be sent once, with 1 to 255 visible ASCII characters",
            )),
        }
    }
}

fn refused(message: &str) -> Problem {
    Problem::malformed(vec![FieldError::new(HEADER.as_str(), message)])
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Self::from_headers(&parts.headers)?.ok_or_else(|| refused("is missing"))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>> {
        Self::from_headers(&parts.headers)
    }
}

#[cfg(test)]
impl From<&str> for IdempotencyKey {
    fn from(key: &str) -> Self {
        Self(key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, StatusCode};

    use super::*;

    #[test]
    fn a_key_is_1_to_255_visible_ascii_characters_sent_once() {
        let parse = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HEADER, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            IdempotencyKey::from_headers(&headers)
        };
        assert_eq!(parse(&[]).unwrap(), None);
        assert_eq!(parse(&["a-1"]).unwrap().unwrap().as_str(), "a-1");
        assert!(parse(&[&"k".repeat(255)]).is_ok());
        for values in [
            &[""][..],
            &["a b"],
            &["é"],
            &["a", "b"],
            &[&"k".repeat(256)],
        ] {
            assert_eq!(parse(values).unwrap_err().status(), StatusCode::BAD_REQUEST);
        }
    }
}
