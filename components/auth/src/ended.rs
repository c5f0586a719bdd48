//! Callers whose session has ended. The guards in front of other components ask for revocations; here, where sessions
//! are kept, each request looks for itself, and no handler has to think of it.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use shared::{Caller, Problem, Result, SessionId, clock};

use crate::store::sessions;

/// Answers 401 to a caller whose session is over. One whose token names no session of ours, as those of another
/// identity provider, is for the handler to judge.
pub async fn refuse(caller: Option<Caller>, request: Request, next: Next) -> Result<Response> {
    if let Some((caller, session)) = caller.and_then(with_session)
        && !sessions::lives(caller.user, session, clock::now())?
    {
        return Err(Problem::unauthorized(
            "This session has ended. Sign in again.",
        ));
    }
    Ok(next.run(request).await)
}

fn with_session(caller: Caller) -> Option<(Caller, SessionId)> {
    let session = caller.session.as_deref()?.parse().ok()?;
    Some((caller, session))
}
