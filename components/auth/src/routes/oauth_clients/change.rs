//! `PATCH /v1/auth/clients/{id}`: another name, other addresses, or other scopes to ask for.

use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;
use shared::{ETag, IfMatch, Json, Path, Problem, Result, clock};

use super::no_client;
use crate::authorization::{ClientId, Scope, check_name, check_redirect_uris};
use crate::permission::OauthClientsManage;
use crate::permitted::Permitted;
use crate::step_up::require_recent;
use crate::store::DB;
use crate::store::audit::{self, Entry, Event};
use crate::store::oauth_clients::{self, Change};

/// What an administrator says; what is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
}

/// Changes an application. What it may ask for no longer, it does not get with its next tokens either.
pub async fn change(
    administrator: Permitted<OauthClientsManage>,
    if_match: IfMatch,
    Path(id): Path<ClientId>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    require_recent(&administrator.caller, now)?;
    let name = body.name.as_deref().map(check_name).transpose();
    let uris = body
        .redirect_uris
        .as_deref()
        .map(check_redirect_uris)
        .transpose();
    let scope = body.scopes.as_deref().map(Scope::check).transpose();
    let (name, scope) = match (name, uris, scope) {
        (Ok(name), Ok(_), Ok(scope)) => (name, scope),
        (name, uris, scope) => {
            let errors = [name.err(), uris.err(), scope.err()];
            return Err(Problem::invalid(errors.into_iter().flatten().collect()));
        }
    };
    let change = Change {
        name: name.as_deref(),
        redirect_uris: body.redirect_uris.as_deref(),
        scope: scope.as_ref(),
    };
    let client = DB.transaction(|tx| {
        let client = oauth_clients::find(tx, id)?.ok_or_else(no_client)?;
        if_match.check(client.version)?;
        let entry = Entry::about(Event::ClientChanged, None)
            .with_actor(administrator.user)
            .with_object(&id)
            .with_detail(json!({"redirect_uris": body.redirect_uris, "scopes": body.scopes}));
        audit::record(tx, &entry, &administrator.origin, now)?;
        oauth_clients::change(tx, id, &change, now)?.ok_or_else(no_client)
    })?;
    Ok((ETag::of(client.version), Json(client)))
}
