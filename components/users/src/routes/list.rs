//! `GET /v1/users`: all users, oldest first, for whoever may read them.

use shared::{Caller, Json, Page, PageQuery, Result};

use super::{READ, User};
use crate::store::profiles;

/// Lists a page of users.
pub async fn list(caller: Caller, query: PageQuery) -> Result<Json<Page<User>>> {
    caller.require(READ)?;
    let rows = profiles::list(query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |profile| profile.id)?;
    Ok(Json(page.map(User::from)))
}
