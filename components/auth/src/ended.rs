//! Callers whose session has ended, or whose roles have changed, and programs. The guards in front of other components
//! ask for revocations; here, where sessions are kept, each request looks for itself, and no handler has to think of it.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use shared::{Caller, Problem, Result, SessionId, clock};

use crate::store::sessions;

/// Answers 401 to a caller whose session is over, or whose token tells of roles that are not the latest; and 403 to a
/// program with a key: who somebody is, and what proves it, is nothing that a key may see or change, even where an operator
/// lets the guard take one. A caller whose token names no session of ours, as those of another identity provider, is for
/// the handler to judge.
pub async fn refuse(caller: Option<Caller>, request: Request, next: Next) -> Result<Response> {
    let has_key = |caller: &Caller| caller.api_key.is_some();
    if caller.as_ref().is_some_and(has_key) {
        return Err(Problem::forbidden("API keys do nothing here. Sign in."));
    }
    if let Some((caller, session)) = caller.and_then(with_session) {
        let version = sessions::roles_version(caller.user, session, clock::now())?;
        let version = version
            .ok_or_else(|| Problem::unauthorized("This session has ended. Sign in again."))?;
        if caller.roles_version.is_some_and(|told| told != version) {
            return Err(Problem::unauthorized(
                "Your roles have changed. Refresh the token.",
            ));
        }
    }
    Ok(next.run(request).await)
}

fn with_session(caller: Caller) -> Option<(Caller, SessionId)> {
    let session = caller.session.as_deref()?.parse().ok()?;
    Some((caller, session))
}
