//! `GET /v1/auth/accounts`: all accounts, the newest first, or those that are looked for.

use serde::Deserialize;
use shared::{Filtered, Json, Page, Result, variables};

use super::Shown;
use crate::permission::AccountsRead;
use crate::permitted::Permitted;
use crate::store::directory::{self, Filter};

/// Which ones. A name that is not known here is refused, where it would otherwise seem to have been looked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// The id, or a part of the address or the name.
    search: Option<String>,
    role: Option<String>,
    disabled: Option<bool>,
}

/// Lists a page of accounts.
pub async fn list(
    _: Permitted<AccountsRead>,
    Filtered {
        filter: which,
        page: query,
    }: Filtered<Which>,
) -> Result<Json<Page<Shown>>> {
    let admin_email = variables::get("admin_email").await?;
    let filter = Filter {
        search: which.search.as_deref(),
        role: which.role.as_deref(),
        is_disabled: which.disabled,
        admin_email: &admin_email,
    };
    let rows = directory::list(&filter, query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |account| account.id)?;
    Ok(Json(page.map(|account| Shown::new(account, &admin_email))))
}
