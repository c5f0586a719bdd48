//! How the token endpoint says no: RFC 6749 section 5.2, which no problem document is.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use serde::Serialize;
use shared::{Json, Problem, storage};

/// Why there are no tokens.
#[derive(Debug)]
pub enum Refusal {
    InvalidRequest(&'static str),
    /// The client is not known, or did not prove that it is it.
    InvalidClient,
    /// The code or the refresh token is not good, or not this client's.
    InvalidGrant,
    /// More than was granted.
    InvalidScope,
    UnsupportedGrantType,
    /// Our fault.
    Problem(Problem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<storage::Error> for Refusal {
    fn from(error: storage::Error) -> Self {
        Self::Problem(error.into())
    }
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
    error_description: &'static str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error, error_description) = match self {
            Self::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", why),
            Self::InvalidClient => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "The client is not known, or did not show its secret.",
            ),
            Self::InvalidGrant => (
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "The code or the refresh token was used, is too old, or is not this client's.",
            ),
            Self::InvalidScope => (
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                "The person did not agree to so much.",
            ),
            Self::UnsupportedGrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "There are authorization_code and refresh_token.",
            ),
            Self::Problem(problem) => return problem.into_response(),
        };
        let body = Body {
            error,
            error_description,
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Basic realm=\"oauth2\"");
            headers.insert(WWW_AUTHENTICATE, realm);
        }
        response
    }
}
