//! `GET /v1/auth/accounts/{id}`: one account, with what it may do and how its owner proves to be it.

use axum::response::IntoResponse;
use serde::Serialize;
use shared::storage::{Connection, Transaction};
use shared::{ETag, IfMatch, Json, Path, Problem, Result, UserId, variables};

use super::Shown;
use crate::authority::{Authority, no_account};
use crate::factor::{self, Factor};
use crate::permission::AccountsRead;
use crate::permitted::Permitted;
use crate::random;
use crate::store::identities::{self, Identity};
use crate::store::{DB, directory, passwords, roles};

/// How many identities are shown; the latest.
const IDENTITIES: u32 = 100;

/// An account, with what a list does not tell.
#[derive(Debug, Serialize)]
pub struct Whole {
    #[serde(flatten)]
    shown: Shown,
    permissions: Vec<String>,
    has_password: bool,
    factors: Vec<Factor>,
    /// With which providers its owner signs in.
    identities: Vec<Identity>,
}

/// Shows one account.
pub async fn show(_: Permitted<AccountsRead>, Path(id): Path<UserId>) -> Result<impl IntoResponse> {
    let admin_email = variables::get("admin_email").await?;
    let whole = Whole::find(DB.connect()?, id, &admin_email)?;
    Ok((ETag::of(whole.version()?), Json(whole)))
}

/// 412 where somebody agreed to act on the account as it was, and it is not so any more.
pub fn check(
    if_match: &IfMatch,
    tx: &Transaction,
    id: UserId,
    authority: &Authority,
) -> Result<()> {
    match if_match {
        IfMatch::Any => Ok(()),
        some => some.check(Whole::find(tx, id, authority.admin_email())?.version()?),
    }
}

impl Whole {
    fn find(connection: &Connection, id: UserId, admin_email: &str) -> Result<Self> {
        let account = directory::find(connection, id)?.ok_or_else(no_account)?;
        let granted = roles::granted(connection, id)?.ok_or_else(no_account)?;
        let permissions = granted.rights(admin_email).permissions;
        Ok(Self {
            shown: Shown::new(account, admin_email),
            permissions: permissions.iter().map(str::to_owned).collect(),
            has_password: passwords::find_in(connection, id)?.is_some(),
            factors: factor::of(connection, id)?,
            identities: identities::list_in(connection, id, None, IDENTITIES)?,
        })
    }

    /// What the tag is made of: all of it, since it is of many tables, but for when its owner was there last. That is no
    /// change to an account, and would keep whoever looks after it from ever acting on what they saw.
    fn version(&self) -> Result<i64> {
        let mut seen = serde_json::to_value(self).map_err(Problem::internal)?;
        seen["last_seen_at"].take();
        for identity in seen["identities"].as_array_mut().into_iter().flatten() {
            identity["last_used_at"].take();
        }
        let [a, b, c, d, e, f, g, ..] = random::hash(&seen.to_string());
        Ok(i64::from_be_bytes([0, a, b, c, d, e, f, g]))
    }
}
