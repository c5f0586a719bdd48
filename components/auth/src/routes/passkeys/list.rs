//! `GET /v1/auth/passkeys`: the caller's.

use shared::{Caller, Json, Page, PageQuery, Result, clock};

use super::Shown;
use crate::routes::live_session;
use crate::store::{DB, passkeys};

/// Lists a page of them, newest first.
pub async fn list(caller: Caller, query: PageQuery) -> Result<Json<Page<Shown>>> {
    live_session(&caller, clock::now())?;
    let rows = passkeys::list(DB.connect()?, caller.user, query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |passkey| passkey.id)?;
    Ok(Json(page.map(Shown::from)))
}
