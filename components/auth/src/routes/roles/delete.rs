//! `DELETE /v1/auth/roles/{name}`: removes a role, from everybody who has it.

use http::StatusCode;
use shared::{IfMatch, Path, Problem, Result, clock};

use super::{is_built_in, no_role};
use crate::authority::require_all;
use crate::permission::RolesManage;
use crate::permitted::Permitted;
use crate::role::built_in;
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, roles};

/// Removes a role, of permissions that one has.
pub async fn delete(
    permitted: Permitted<RolesManage>,
    if_match: IfMatch,
    Path(name): Path<String>,
) -> Result<StatusCode> {
    let now = clock::now();
    require_recent(&permitted.caller, now)?;
    if built_in(&name).is_some() {
        return Err(is_built_in());
    }
    DB.transaction(|tx| {
        let role = roles::find(tx, &name)?.ok_or_else(no_role)?;
        if_match.check(role.version)?;
        require_all(&permitted.caller, &role.permissions())?;
        roles::delete(tx, &name)?;
        let entry = Entry::about(Event::RoleDeleted, None)
            .with_actor(permitted.user)
            .with_object(&name);
        audit::record(tx, &entry, &permitted.origin, now)?;
        Ok::<_, Problem>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}
