//! `PUT` and `DELETE /v1/auth/accounts/{id}/roles/{role}`: gives an account a role, and takes it.

use http::StatusCode;
use serde_json::json;
use shared::storage::Transaction;
use shared::{IfMatch, Path, Permissions, Problem, Result, UserId, clock};

use super::show;
use crate::authority::{Authority, require_all};
use crate::permission::RolesGrant;
use crate::permitted::Permitted;
use crate::role::{self, ADMIN};
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, roles};

/// Gives the role, of permissions that one has, to an account whose address our own mail proved: whoever signed up first with
/// somebody else's, or found a provider that vouched for it, must not get what is meant for that one.
pub async fn grant(
    permitted: Permitted<RolesGrant>,
    if_match: IfMatch,
    Path((id, role)): Path<(UserId, String)>,
) -> Result<StatusCode> {
    let now = clock::now();
    require_recent(&permitted.caller, now)?;
    let authority = Authority::load().await?;
    DB.transaction(|tx| {
        require_all(&permitted.caller, &permissions_of(tx, &role)?)?;
        show::check(&if_match, tx, id, &authority)?;
        let target = authority.over(tx, &permitted.caller, id)?;
        if !target.account.is_proven() {
            let detail = "The address of this account was not proven by our mail, so it may be anybody's. Its owner can \
                          have a link sent by POST /v1/auth/email/verification.";
            return Err(Problem::conflict(detail));
        }
        let has_it = target.rights.roles.contains(&role);
        if !has_it && target.rights.roles.len() >= role::LIMIT {
            return Err(Problem::conflict("This account has 8 roles already."));
        }
        if roles::grant(tx, id, &role, permitted.user, now)? {
            let entry = Entry::about(Event::RoleGranted, id)
                .with_actor(permitted.user)
                .with_detail(json!({"role": role}));
            audit::record(tx, &entry, &permitted.origin, now)?;
        }
        Ok(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the role. 409 from the last administrator, and from one whom the operator names.
pub async fn take(
    permitted: Permitted<RolesGrant>,
    if_match: IfMatch,
    Path((id, role)): Path<(UserId, String)>,
) -> Result<StatusCode> {
    let now = clock::now();
    require_recent(&permitted.caller, now)?;
    let authority = Authority::load().await?;
    DB.transaction(|tx| {
        require_all(&permitted.caller, &permissions_of(tx, &role)?)?;
        show::check(&if_match, tx, id, &authority)?;
        let target = authority.over(tx, &permitted.caller, id)?;
        if role == ADMIN {
            if authority.is_operators(&target) {
                let detail = "The variable admin_email makes this account administrator.";
                return Err(Problem::conflict(detail));
            }
            authority.keep_one(tx, id)?;
        }
        if !roles::take(tx, id, &role)? {
            return Err(Problem::not_found("This account has no such role."));
        }
        let entry = Entry::about(Event::RoleTaken, id)
            .with_actor(permitted.user)
            .with_detail(json!({"role": role}));
        audit::record(tx, &entry, &permitted.origin, now)?;
        Ok(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

fn permissions_of(tx: &Transaction, role: &str) -> Result<Permissions> {
    match role::built_in(role) {
        Some(permissions) => Ok(permissions),
        None => {
            let role = roles::find(tx, role)?;
            let role = role.ok_or_else(|| Problem::not_found("There is no such role."))?;
            Ok(role.permissions())
        }
    }
}
