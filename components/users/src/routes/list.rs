//! `GET /v1/users`: all users, oldest first, for administrators.

use shared::{Caller, Json, Page, PageQuery, Result, caller::ADMIN};

use super::User;
use crate::store;

/// Lists a page of users.
pub async fn list(caller: Caller, query: PageQuery) -> Result<Json<Page<User>>> {
    caller.require_role(ADMIN)?;
    let rows = store::list(query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |profile| profile.id)?;
    Ok(Json(page.map(User::from)))
}
