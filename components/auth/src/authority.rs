//! Who may act on whom. Nobody gives what they do not have, or acts on somebody who may do more than they; and somebody
//! always is administrator.

use shared::storage::Transaction;
use shared::{Caller, Permissions, Problem, Result, UserId, variables};

use crate::account::Account;
use crate::role::{Granted, Rights};
use crate::store::{accounts, roles};

/// What is the operator's to say of administrators.
pub struct Authority {
    admin_email: String,
}

/// An account that somebody may act on.
pub struct Target {
    pub account: Account,
    pub rights: Rights,
    granted: Granted,
}

impl Authority {
    /// Reads the configuration.
    pub async fn load() -> Result<Self> {
        Ok(Self {
            admin_email: variables::get("admin_email").await?,
        })
    }

    /// Whom the operator names.
    pub fn admin_email(&self) -> &str {
        &self.admin_email
    }

    /// The account, for `caller` to act on. 404 where there is none, 403 where it may do what the caller may not.
    pub fn over(&self, tx: &Transaction, caller: &Caller, account: UserId) -> Result<Target> {
        let (Some(account), Some(granted)) =
            (accounts::find(tx, account)?, roles::granted(tx, account)?)
        else {
            return Err(no_account());
        };
        let rights = granted.rights(&self.admin_email);
        if !caller.permissions.cover(&rights.permissions) {
            let detail = "This account may do what you may not, so you cannot act on it.";
            return Err(Problem::forbidden(detail));
        }
        Ok(Target {
            account,
            rights,
            granted,
        })
    }

    /// 409 where there would be no administrator left without this account.
    pub fn keep_one(&self, tx: &Transaction, account: UserId) -> Result<()> {
        let granted = roles::granted(tx, account)?.ok_or_else(no_account)?;
        let rights = granted.rights(&self.admin_email);
        let is_admin = rights.permissions.contains(shared::permission::ALL);
        if is_admin && !roles::has_other_administrator(tx, account, &self.admin_email)? {
            return Err(Problem::conflict(
                "This is the last administrator. Make another one first.",
            ));
        }
        Ok(())
    }

    /// Whether the account is administrator because the operator says so, which only the operator can take back.
    pub fn is_operators(&self, target: &Target) -> bool {
        target.granted.is_admin_by_address(&self.admin_email)
    }
}

/// 403 unless `caller` has all of these, to give them or to take them.
pub fn require_all(caller: &Caller, permissions: &Permissions) -> Result<()> {
    if caller.permissions.cover(permissions) {
        return Ok(());
    }
    let lacking = permissions.iter().filter(|name| !caller.may(name));
    let lacking = Vec::from_iter(lacking).join(", ");
    Err(Problem::forbidden(format!(
        "You do not have {lacking}, and cannot give or take it."
    )))
}

/// To whom nothing can be done.
pub fn no_account() -> Problem {
    Problem::not_found("There is no such account.")
}
