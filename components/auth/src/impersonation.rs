//! What somebody may do here who acts as somebody else: look, and stop. Whatever could change how the other one gets in,
//! take the account over, or speak to other applications in its name is not for them.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use shared::{Caller, Problem, Result};

/// How long, and no longer: there is no refresh token.
pub const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// What is left to them. All else is refused, endpoints that come later too.
const ALLOWED: &[(Method, &str)] = &[
    (Method::GET, "/v1/auth/sessions"),
    (Method::GET, "/v1/auth/factors"),
    (Method::GET, "/v1/auth/passkeys"),
    (Method::GET, "/.well-known/jwks.json"),
    (Method::POST, "/v1/auth/sign-out"),
];

/// Answers 403 to whoever acts as somebody else and asks for more.
pub async fn refuse(caller: Option<Caller>, request: Request, next: Next) -> Result<Response> {
    let acts = caller.is_some_and(|caller| caller.actor.is_some());
    if acts && !is_allowed(request.method(), request.uri().path()) {
        return Err(Problem::forbidden("Not in somebody else's name.").with_slug("impersonating"));
    }
    Ok(next.run(request).await)
}

fn is_allowed(method: &Method, path: &str) -> bool {
    ALLOWED
        .iter()
        .any(|(allowed, address)| allowed == method && *address == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_refused() {
        assert!(is_allowed(&Method::GET, "/v1/auth/sessions"));
        assert!(is_allowed(&Method::POST, "/v1/auth/sign-out"));
        for (method, path) in [
            (Method::DELETE, "/v1/auth/sessions"),
            (Method::GET, "/v1/auth/me/export"),
            (Method::GET, "/v1/auth/whatever-comes"),
            (Method::POST, "/v1/auth/sign-out/"),
        ] {
            assert!(!is_allowed(&method, path), "{method} {path}");
        }
    }
}
