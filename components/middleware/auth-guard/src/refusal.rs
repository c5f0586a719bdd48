//! Why a caller is not let through, and what it is told.

use relay::Problem;
use wasip3::http::types::Response;

/// After how many seconds a caller may try again when the issuer could not be asked.
const RETRY_AFTER_SECONDS: &str = "2";

/// A request that goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The credentials are not one token in the form of a JWT.
    MalformedToken,
    /// The token is not, or no longer, one that our issuer gave out for us.
    InvalidToken,
    /// The token was good once.
    ExpiredToken,
    /// A browser sent its cookies along with what a page of somebody else's wants done.
    OtherSite,
    /// The token's session has ended.
    EndedSession,
    /// The token tells of roles that are the caller's no more.
    ChangedRoles,
    /// There is nothing to verify tokens with.
    KeysUnavailable,
    /// Whether the token's session has ended cannot be known, and the request changes something.
    RevocationsUnavailable,
}

impl Refusal {
    /// The response, with the request's id where it has one.
    pub fn into_response(self, request_id: Option<&str>) -> Response {
        match self {
            Self::MalformedToken => unauthorized("The access token is malformed.", request_id),
            Self::InvalidToken => unauthorized("The access token is not valid.", request_id),
            Self::ExpiredToken => unauthorized("The access token has expired.", request_id),
            Self::OtherSite => Problem {
                status: 403,
                slug: "forbidden",
                title: "Forbidden",
                detail: "Cookies are taken from pages of this site and of allowed_origins only.",
                headers: &[],
            }
            .into_response(request_id),
            Self::EndedSession => {
                unauthorized("This session has ended. Sign in again.", request_id)
            }
            Self::ChangedRoles => {
                unauthorized("Your roles have changed. Refresh the token.", request_id)
            }
            Self::KeysUnavailable | Self::RevocationsUnavailable => Problem {
                status: 503,
                slug: "service-unavailable",
                title: "Service Unavailable",
                detail: "Access tokens cannot be verified at the moment.",
                headers: &[("retry-after", RETRY_AFTER_SECONDS)],
            }
            .into_response(request_id),
        }
    }
}

fn unauthorized(detail: &str, request_id: Option<&str>) -> Response {
    Problem {
        status: 401,
        slug: "unauthorized",
        title: "Unauthorized",
        detail,
        headers: &[("www-authenticate", r#"Bearer error="invalid_token""#)],
    }
    .into_response(request_id)
}
