//! `GET /v1/auth/clients`: the applications there are.

use shared::{Json, Page, PageQuery, Result};

use crate::authorization::Client;
use crate::permission::OauthClientsManage;
use crate::permitted::Permitted;
use crate::store::oauth_clients;

/// Lists a page of them, newest first.
pub async fn list(
    _: Permitted<OauthClientsManage>,
    query: PageQuery,
) -> Result<Json<Page<Client>>> {
    let rows = oauth_clients::list(query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |client| client.id)?;
    Ok(Json(page))
}
