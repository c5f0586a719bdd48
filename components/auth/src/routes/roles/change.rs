//! `PATCH /v1/auth/roles/{name}`: another description, or other permissions, for whoever has the role as well.

use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;
use shared::{ETag, IfMatch, Json, Path, Permissions, Problem, Result, clock};

use super::{Shown, check_vocabulary, is_built_in, no_role};
use crate::authority::require_all;
use crate::permission::RolesManage;
use crate::permitted::Permitted;
use crate::role::{built_in, check_description, check_permissions};
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, roles};

/// What an administrator says; what is absent stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    description: Option<String>,
    permissions: Option<Vec<String>>,
}

/// Changes a role. Whoever does it has all permissions that it had and that it gets: nobody adds what they do not have,
/// and nobody weakens those who may do more than they.
pub async fn change(
    permitted: Permitted<RolesManage>,
    if_match: IfMatch,
    Path(name): Path<String>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    require_recent(&permitted.caller, now)?;
    if built_in(&name).is_some() {
        return Err(is_built_in());
    }
    let description = body.description.as_deref().map(check_description);
    let permissions = body.permissions.as_deref().map(check_permissions);
    let errors: Vec<_> = [
        description.and_then(Result::err),
        permissions.and_then(Result::err),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let role = DB.transaction(|tx| {
        let role = roles::find(tx, &name)?.ok_or_else(no_role)?;
        if_match.check(role.version)?;
        let had = role.permissions();
        let permissions = match body.permissions {
            Some(names) => Permissions::from_iter(names),
            None => had.clone(),
        };
        require_all(&permitted.caller, &had)?;
        require_all(&permitted.caller, &permissions)?;
        check_vocabulary(tx, &permissions)?;
        let description = body.description.as_deref().or(role.description.as_deref());
        roles::change(tx, &name, description, &permissions, now)?;
        let entry = Entry::about(Event::RoleChanged, None)
            .with_actor(permitted.user)
            .with_object(&name)
            .with_detail(json!({"permissions": Vec::from_iter(permissions.iter())}));
        audit::record(tx, &entry, &permitted.origin, now)?;
        roles::find(tx, &name)?.ok_or_else(no_role)
    })?;
    Ok((ETag::of(role.version), Json(Shown::from(role))))
}
