//! `GET /v1/auth/accounts/{id}`: one account, with what it may do and how its owner proves to be it.

use serde::Serialize;
use shared::{Json, Path, Result, UserId, variables};

use super::Shown;
use crate::authority::no_account;
use crate::factor::{self, Factor};
use crate::permission::AccountsRead;
use crate::permitted::Permitted;
use crate::store::{DB, directory, passwords, roles};

/// An account, with what a list does not tell.
#[derive(Debug, Serialize)]
pub struct Whole {
    #[serde(flatten)]
    shown: Shown,
    permissions: Vec<String>,
    has_password: bool,
    factors: Vec<Factor>,
}

/// Shows one account.
pub async fn show(_: Permitted<AccountsRead>, Path(id): Path<UserId>) -> Result<Json<Whole>> {
    let admin_email = variables::get("admin_email").await?;
    let db = DB.connect()?;
    let account = directory::find(db, id)?.ok_or_else(no_account)?;
    let granted = roles::granted(db, id)?.ok_or_else(no_account)?;
    let permissions = granted.rights(&admin_email).permissions;
    Ok(Json(Whole {
        shown: Shown::new(account, &admin_email),
        permissions: permissions.iter().map(str::to_owned).collect(),
        has_password: passwords::find_in(db, id)?.is_some(),
        factors: factor::of(db, id)?,
    }))
}
