//! `GET` and `DELETE /v1/auth/accounts/{id}/sessions`, `DELETE …/{session}`: where somebody is signed in, and an end to it.

use http::StatusCode;
use shared::{Json, Page, PageQuery, Path, Problem, Result, SessionId, UserId, clock};

use super::end_sessions;
use crate::authority::{Authority, no_account};
use crate::permission::{SessionsEnd, SessionsRead};
use crate::permitted::Permitted;
use crate::routes::sessions::Shown;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, accounts, sessions};

/// Lists a page of the account's sessions, newest first.
pub async fn list(
    permitted: Permitted<SessionsRead>,
    Path(id): Path<UserId>,
    query: PageQuery,
) -> Result<Json<Page<Shown>>> {
    let now = clock::now();
    accounts::find(DB.connect()?, id)?.ok_or_else(no_account)?;
    let rows = sessions::list(id, query.after()?, query.fetch(), now)?;
    let page = Page::from_rows(rows, query.limit(), |session| session.id)?;
    let asks = permitted.caller.session.unwrap_or_default();
    Ok(Json(page.map(|session| {
        let is_current = session.id.to_string() == asks;
        Shown::new(session, is_current)
    })))
}

/// Ends all of the account's sessions.
pub async fn end_all(
    permitted: Permitted<SessionsEnd>,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    let now = clock::now();
    let authority = Authority::load().await?;
    DB.transaction(|tx| {
        authority.over(tx, &permitted.caller, id)?;
        end_sessions(tx, id, permitted.user, &permitted.origin, now)?;
        Ok::<_, Problem>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one of them. 404 where it is somebody else's.
pub async fn end(
    permitted: Permitted<SessionsEnd>,
    Path((id, session)): Path<(UserId, SessionId)>,
) -> Result<StatusCode> {
    let now = clock::now();
    let authority = Authority::load().await?;
    DB.transaction(|tx| {
        authority.over(tx, &permitted.caller, id)?;
        if !sessions::end(tx, id, session)? {
            return Err(Problem::not_found("This account has no such session."));
        }
        let entry = Entry::about(Event::SessionRevoked, id)
            .with_actor(permitted.user)
            .with_object(&session);
        Ok(audit::record(tx, &entry, &permitted.origin, now)?)
    })?;
    Ok(StatusCode::NO_CONTENT)
}
