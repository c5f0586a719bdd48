//! `GET /v1/users/{id}`: one user, for that user and for whoever may read all. To anybody else there is no
//! such user, whether there is or not: ids must not be a way to learn who uses the application.

use axum::response::IntoResponse;
use shared::{Caller, ETag, Json, Path, Problem, Result, UserId, clock};

use super::{READ, User};
use crate::store::profiles;

/// Shows one user.
pub async fn show(caller: Caller, Path(id): Path<UserId>) -> Result<impl IntoResponse> {
    let profile = if id == caller.user {
        Some(profiles::see(&caller, clock::now())?)
    } else if caller.may(READ) {
        profiles::find(id)?
    } else {
        None
    };
    let profile = profile.ok_or_else(|| Problem::not_found("There is no such user."))?;
    Ok((ETag::of(profile.version), Json(User::from(profile))))
}
