//! `GET /v1/auth/roles`: all roles, the built-in ones first.

use shared::{Json, Page, PageQuery, Result};

use super::Shown;
use crate::permission::RolesRead;
use crate::permitted::Permitted;
use crate::role::{ADMIN, SUPPORT};
use crate::store::roles;

/// Lists a page of roles; the first has the built-in ones besides.
pub async fn list(
    _: Permitted<RolesRead>,
    query: PageQuery,
) -> Result<Json<Page<impl serde::Serialize>>> {
    let after: Option<String> = query.after()?;
    let built_in: &[&str] = match after {
        None => &[ADMIN, SUPPORT],
        Some(_) => &[],
    };
    let rows = roles::list(after, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |role| role.name.clone())?;
    let mut page = page.map(Shown::from);
    let built_in = built_in.iter().filter_map(|name| Shown::built_in(name));
    page.data.splice(0..0, built_in);
    Ok(Json(page))
}
