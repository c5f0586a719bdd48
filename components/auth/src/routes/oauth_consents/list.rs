//! `GET /v1/auth/consents`: what the caller agreed to.

use serde::Serialize;
use shared::{Caller, Json, Page, PageQuery, Result, Timestamp, clock};

use crate::authorization::ClientId;
use crate::routes::live_session;
use crate::store::oauth_consents::{self, Consent};

/// A consent, as whoever gave it sees it.
#[derive(Serialize)]
pub struct Shown {
    /// The client's.
    id: ClientId,
    name: String,
    scopes: Vec<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Consent> for Shown {
    fn from(consent: Consent) -> Self {
        Self {
            id: consent.client_id,
            name: consent.name,
            scopes: consent.scope.names().map(str::to_owned).collect(),
            created_at: consent.created_at,
            updated_at: consent.updated_at,
        }
    }
}

/// Lists a page of them.
pub async fn list(caller: Caller, query: PageQuery) -> Result<Json<Page<Shown>>> {
    live_session(&caller, clock::now())?;
    let rows = oauth_consents::list(caller.user, query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |consent| consent.client_id)?;
    Ok(Json(page.map(Shown::from)))
}
