//! `GET /v1/auth/api-keys`: the caller's keys, newest first; with `?organization=` those of an organisation.

use axum::response::IntoResponse;
use serde::Deserialize;
use shared::{Caller, Filtered, Json, OrganizationId, Page, Result, clock};

use super::{Shown, owner};
use crate::origin::Origin;
use crate::routes::live_session;
use crate::store::{DB, api_keys};

/// Whose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Of {
    organization: Option<OrganizationId>,
}

/// Lists a page of them.
pub async fn list(
    caller: Caller,
    origin: Origin,
    Filtered {
        filter: of,
        page: query,
    }: Filtered<Of>,
) -> Result<impl IntoResponse> {
    live_session(&caller, clock::now())?;
    let connection = DB.connect()?;
    let owner = owner::chosen(connection, &caller, of.organization, &origin)?;
    let rows = api_keys::list(connection, owner, query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |key| key.id)?;
    Ok(Json(page.map(Shown::from)))
}
