//! `GET /v1/auth/api-keys`: the caller's keys, newest first.

use axum::response::IntoResponse;
use shared::{Caller, Json, Page, PageQuery, Result, clock};

use super::Shown;
use crate::routes::live_session;
use crate::store::{DB, api_keys};

/// Lists a page of them.
pub async fn list(caller: Caller, query: PageQuery) -> Result<impl IntoResponse> {
    live_session(&caller, clock::now())?;
    let rows = api_keys::list(DB.connect()?, caller.user, query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |key| key.id)?;
    Ok(Json(page.map(Shown::from)))
}
