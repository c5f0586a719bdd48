//! `GET /v1/auth/api-keys/{id}`: one of the caller's keys.

use axum::response::IntoResponse;
use shared::{Caller, ETag, Json, Path, Result, clock};

use super::{Shown, no_key, owner};
use crate::api_key::ApiKeyId;
use crate::origin::Origin;
use crate::routes::live_session;
use crate::store::{DB, api_keys};

/// Shows it.
pub async fn show(
    caller: Caller,
    origin: Origin,
    Path(id): Path<ApiKeyId>,
) -> Result<impl IntoResponse> {
    live_session(&caller, clock::now())?;
    let connection = DB.connect()?;
    owner::require(connection, &caller, id, &origin)?;
    let listed = api_keys::find(connection, id)?.ok_or_else(no_key)?;
    Ok((ETag::of(listed.version), Json(Shown::from(listed))))
}
