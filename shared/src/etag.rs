//! Changes without lost updates: a resource's version as `ETag`, and `If-Match` to change only what
//! was seen (RFC 9110, sections 8.8.3 and 13.1.1).

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    response::{IntoResponseParts, ResponseParts},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};

use crate::{Problem, Result};

/// The version of a resource. Put it before the body of a response: `(ETag::of(version), Json(user))`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// The tag of the `version`th state of a resource.
    pub fn of(version: i64) -> Self {
        Self(format!("\"{version}\""))
    }

    /// The tag as it stands in the header, with its quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl IntoResponseParts for ETag {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        // Cannot fail: digits and quotes.
        if let Ok(value) = HeaderValue::try_from(self.0) {
            parts.headers_mut().insert(header::ETAG, value);
        }
        Ok(parts)
    }
}

/// Which versions of a resource the caller agrees to change; any, where the header is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// No header, or `*`.
    Any,
    /// One of these, with their quotes.
    OneOf(Vec<String>),
}

impl IfMatch {
    /// 412 unless the resource is at a version the caller agreed to change.
    pub fn check(&self, version: i64) -> Result<()> {
        match self {
            Self::Any => Ok(()),
            Self::OneOf(tags) if tags.iter().any(|tag| tag == ETag::of(version).as_str()) => Ok(()),
            Self::OneOf(_) => Err(Problem::precondition_failed(
                "This has been changed since you read it. Read it again, then change it.",
            )),
        }
    }

    /// A weak tag is kept as it is, and so matches nothing: If-Match compares strongly. What is no
    /// tag at all matches nothing either, which is the safe side.
    fn from_headers(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(header::IF_MATCH).iter().peekable();
        if values.peek().is_none() {
            return Self::Any;
        }
        let tags: Vec<String> = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|tag| tag.trim().to_owned())
            .collect();
        if tags == ["*"] {
            Self::Any
        } else {
            Self::OneOf(tags)
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::from_headers(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn if_match(values: &[&'static str]) -> IfMatch {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, HeaderValue::from_static(value));
        }
        IfMatch::from_headers(&headers)
    }

    #[test]
    fn the_version_that_was_seen_may_be_changed() {
        assert!(if_match(&["\"7\""]).check(7).is_ok());
        assert!(if_match(&["\"6\", \"7\""]).check(7).is_ok());
        assert!(if_match(&["\"6\"", "\"7\""]).check(7).is_ok());
        assert!(if_match(&["*"]).check(7).is_ok());
        assert!(if_match(&[]).check(7).is_ok());
    }

    #[test]
    fn any_other_version_may_not() {
        for value in ["\"6\"", "W/\"7\"", "7", "", ",", "\"7", "\"77\""] {
            let problem = if_match(&[value]).check(7).unwrap_err();
            assert_eq!(problem.status(), StatusCode::PRECONDITION_FAILED, "{value}");
        }
    }
}
