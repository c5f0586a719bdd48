//! `GET /v1/orgs/{id}`: an organisation, for its members and its programs.

use axum::response::IntoResponse;
use shared::network::ClientAddr;
use shared::{ETag, Json, OrganizationId, Path, Result};

use super::{Reader, Shown, shown_to};
use crate::store::DB;

/// Shows it.
pub async fn show(
    reader: Reader,
    from: ClientAddr,
    Path(id): Path<OrganizationId>,
) -> Result<impl IntoResponse> {
    let (organization, role) = shown_to(DB.connect()?, &reader, &from, id)?;
    let version = ETag::of(organization.version);
    Ok((version, Json(Shown::new(organization, role))))
}
