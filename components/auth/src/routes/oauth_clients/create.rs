//! `POST /v1/auth/clients`: registers an application. Its secret is in this answer, and in no other.

use axum::response::IntoResponse;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::{ETag, Json, Problem, Result, clock};

use crate::authorization::{Client, ClientId, Scope, check_name, check_redirect_uris};
use crate::permission::OauthClientsManage;
use crate::permitted::Permitted;
use crate::random;
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, oauth_clients};

/// What an administrator says of an application.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    name: String,
    redirect_uris: Vec<String>,
    /// Whether it runs where it can keep a secret: on a server of the team's.
    confidential: bool,
    #[serde(default = "usual")]
    scopes: Vec<String>,
}

/// All but `api`.
fn usual() -> Vec<String> {
    ["openid", "profile", "email"].map(str::to_owned).into()
}

/// A client that was just made.
#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    client: Client,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

/// Registers an application. It takes a recent proof of who asks: an application can ask people for much.
pub async fn create(
    administrator: Permitted<OauthClientsManage>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    require_recent(&administrator.caller, now)?;
    let name = check_name(&body.name);
    let uris = check_redirect_uris(&body.redirect_uris);
    let (name, scope) = match (name, uris, Scope::check(&body.scopes)) {
        (Ok(name), Ok(()), Ok(scope)) => (name, scope),
        (name, uris, scope) => {
            let errors = [name.err(), uris.err(), scope.err()];
            return Err(Problem::invalid(errors.into_iter().flatten().collect()));
        }
    };
    let client = Client {
        id: ClientId::new(),
        name,
        confidential: body.confidential,
        redirect_uris: body.redirect_uris,
        scope,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let secret = body.confidential.then(|| random::secret("cs_"));
    let client_secret = secret.transpose()?;
    let hash = client_secret.as_deref().map(random::hash);
    DB.transaction(|tx| {
        oauth_clients::create(tx, &client, hash.as_ref())?;
        let entry = Entry::about(Event::ClientCreated, None)
            .with_actor(administrator.user)
            .with_object(&client.id);
        audit::record(tx, &entry, &administrator.origin, now)
    })?;
    let tag = ETag::of(client.version);
    let created = Created {
        client,
        client_secret,
    };
    Ok((StatusCode::CREATED, tag, Json(created)))
}
