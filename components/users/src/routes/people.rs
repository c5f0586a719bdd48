//! `/internal/people/{id}`: what is known about somebody, for `auth` to export, and to be forgotten. No
//! route of the manifest leads here.

use axum::http::StatusCode;
use shared::internal::Internal;
use shared::{Json, Page, Path, Result, UserId};

use super::User;
use crate::store;

/// `GET /internal/people/{id}/profile`: the profile, as a list of at most one.
pub async fn profile(_: Internal, Path(id): Path<UserId>) -> Result<Json<Page<User>>> {
    let profile = store::find(id)?;
    Ok(Json(Page {
        data: profile.into_iter().map(User::from).collect(),
        next_cursor: None,
    }))
}

/// `DELETE /internal/people/{id}`: forgets everything. Asked again, there is nothing left to do.
pub async fn forget(_: Internal, Path(id): Path<UserId>) -> Result<StatusCode> {
    store::delete(id)?;
    Ok(StatusCode::NO_CONTENT)
}
