//! `GET /v1/auth/roles/{name}`: one role.

use axum::response::{IntoResponse, Response};
use shared::{ETag, Json, Path, Result};

use super::{Shown, no_role};
use crate::permission::RolesRead;
use crate::permitted::Permitted;
use crate::store::{DB, roles};

/// Shows a role.
pub async fn show(_: Permitted<RolesRead>, Path(name): Path<String>) -> Result<Response> {
    if let Some(role) = Shown::built_in(&name) {
        return Ok(Json(role).into_response());
    }
    let role = roles::find(DB.connect()?, &name)?.ok_or_else(no_role)?;
    Ok((ETag::of(role.version), Json(Shown::from(role))).into_response())
}
