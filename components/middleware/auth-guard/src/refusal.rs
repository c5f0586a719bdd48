//! Why a caller is not let through, and what it is told.

use relay::Problem;
use wasip3::http::types::Response;

/// After how many seconds a caller may try again when the issuer could not be asked.
const RETRY_AFTER_SECONDS: &str = "2";

/// A request that goes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Somebody acts as somebody else from where nobody may do what administrators do.
    ActsFromElsewhere,
    /// The token tells of roles that are the caller's no more.
    ChangedRoles,
    /// The token tells of an organisation, or of a place in one, that is not so any more.
    ChangedOrganization,
    /// The key's organisation lets nobody act for it from here.
    OutsideNetworks,
    /// There is no such API key, or it is good no more.
    UnknownApiKey,
    /// API keys do nothing here, whatever their scopes.
    NoApiKeys,
    /// The key lacks this scope; none where no scope would do.
    OutOfScope(Option<String>),
    /// The key was used as often as it may, for so many seconds.
    Exhausted(u64),
    /// There is nothing to verify tokens with.
    KeysUnavailable,
    /// Whether the token's session has ended cannot be known, and the request changes something.
    RevocationsUnavailable,
    /// Whether a key is good cannot be known.
    ApiKeysUnavailable,
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
            Self::ActsFromElsewhere => Problem {
                status: 403,
                slug: "forbidden",
                title: "Forbidden",
                detail: "From this network nobody acts in somebody else's name.",
                headers: &[],
            }
            .into_response(request_id),
            Self::ChangedRoles => {
                unauthorized("Your roles have changed. Refresh the token.", request_id)
            }
            Self::ChangedOrganization => unauthorized(
                "Your organisation has changed. Refresh the token.",
                request_id,
            ),
            Self::OutsideNetworks => Problem {
                status: 403,
                slug: "forbidden",
                title: "Forbidden",
                detail: "From this network nobody acts for the organisation.",
                headers: &[],
            }
            .into_response(request_id),
            Self::UnknownApiKey => unauthorized("The API key is not valid.", request_id),
            Self::NoApiKeys => Problem {
                status: 403,
                slug: "forbidden",
                title: "Forbidden",
                detail: "API keys do nothing here. Sign in.",
                headers: &[],
            }
            .into_response(request_id),
            Self::OutOfScope(scope) => out_of_scope(scope.as_deref(), request_id),
            Self::Exhausted(seconds) => Problem {
                status: 429,
                slug: "too-many-requests",
                title: "Too Many Requests",
                detail: "This API key was used as often in a minute as it may.",
                headers: &[("retry-after", &seconds.to_string())],
            }
            .into_response(request_id),
            Self::KeysUnavailable | Self::RevocationsUnavailable | Self::ApiKeysUnavailable => {
                Problem {
                    status: 503,
                    slug: "service-unavailable",
                    title: "Service Unavailable",
                    detail: "Credentials cannot be verified at the moment.",
                    headers: &[("retry-after", RETRY_AFTER_SECONDS)],
                }
                .into_response(request_id)
            }
        }
    }
}

/// RFC 6750 section 3.1.
fn out_of_scope(scope: Option<&str>, request_id: Option<&str>) -> Response {
    let challenge = r#"Bearer error="insufficient_scope""#;
    let (detail, challenge) = match scope {
        Some(scope) => (
            format!("This takes a key with the scope {scope}."),
            format!(r#"{challenge}, scope="{scope}""#),
        ),
        None => (
            "API keys do nothing here. Sign in.".to_owned(),
            challenge.to_owned(),
        ),
    };
    Problem {
        status: 403,
        slug: "insufficient-scope",
        title: "Forbidden",
        detail: &detail,
        headers: &[("www-authenticate", &challenge)],
    }
    .into_response(request_id)
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
