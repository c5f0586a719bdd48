//! `GET /v1/auth/api-keys/{id}`: one of the caller's keys.

use axum::response::IntoResponse;
use shared::{Caller, ETag, Json, Path, Result, clock};

use super::{Shown, no_key};
use crate::api_key::ApiKeyId;
use crate::routes::live_session;
use crate::store::{DB, api_keys};

/// Shows it.
pub async fn show(caller: Caller, Path(id): Path<ApiKeyId>) -> Result<impl IntoResponse> {
    live_session(&caller, clock::now())?;
    let listed = api_keys::find(DB.connect()?, caller.user, id)?.ok_or_else(no_key)?;
    Ok((ETag::of(listed.version), Json(Shown::from(listed))))
}
