//! `GET /v1/auth/clients/{id}`: one application.

use axum::response::IntoResponse;
use shared::{ETag, Json, Path, Result};

use super::no_client;
use crate::authorization::ClientId;
use crate::permission::OauthClientsManage;
use crate::permitted::Permitted;
use crate::store::{DB, oauth_clients};

/// Shows it.
pub async fn show(
    _: Permitted<OauthClientsManage>,
    Path(id): Path<ClientId>,
) -> Result<impl IntoResponse> {
    let client = oauth_clients::find(DB.connect()?, id)?.ok_or_else(no_client)?;
    Ok((ETag::of(client.version), Json(client)))
}
