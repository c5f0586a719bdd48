//! `POST /v1/auth/roles`: a new role, of permissions that its maker has.

use axum::response::IntoResponse;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use shared::{ETag, Json, Permissions, Problem, Result, clock};

use super::{Shown, check_vocabulary, no_role};
use crate::authority::require_all;
use crate::permission::RolesManage;
use crate::permitted::Permitted;
use crate::role::{check_description, check_name, check_permissions};
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, roles};

/// What an administrator says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    name: String,
    description: Option<String>,
    permissions: Vec<String>,
}

/// Makes a role. 409 where there is one of this name.
pub async fn create(
    permitted: Permitted<RolesManage>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    require_recent(&permitted.caller, now)?;
    let description = body.description.as_deref().map(check_description);
    let errors: Vec<_> = [
        check_name(&body.name).err(),
        description.and_then(Result::err),
        check_permissions(&body.permissions).err(),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let permissions = Permissions::from_iter(body.permissions);
    require_all(&permitted.caller, &permissions)?;
    let role = DB.transaction(|tx| {
        check_vocabulary(tx, &permissions)?;
        if roles::find(tx, &body.name)?.is_some() {
            return Err(Problem::conflict("There is a role of this name already."));
        }
        let description = body.description.as_deref();
        roles::create(tx, &body.name, description, &permissions, now)?;
        let entry = Entry::about(Event::RoleCreated, None)
            .with_actor(permitted.user)
            .with_object(&body.name)
            .with_detail(json!({"permissions": Vec::from_iter(permissions.iter())}));
        audit::record(tx, &entry, &permitted.origin, now)?;
        roles::find(tx, &body.name)?.ok_or_else(no_role)
    })?;
    let version = ETag::of(role.version);
    Ok((StatusCode::CREATED, version, Json(Shown::from(role))))
}
