//! `GET /v1/auth/identities`: the providers that the caller can sign in with.

use shared::{Caller, Json, Page, PageQuery, Result, clock};

use super::live_session;
use crate::store;
use crate::store::identities::Identity;

/// Lists a page of the caller's identities, newest first.
pub async fn list(caller: Caller, query: PageQuery) -> Result<Json<Page<Identity>>> {
    live_session(&caller, clock::now())?;
    let rows = store::identities::list(caller.user, query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |identity| identity.id)?;
    Ok(Json(page))
}
