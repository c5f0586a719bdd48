//! `POST /v1/auth/oauth2/request`: the team's page asks which application wants what. The request is named in the body,
//! since it is a secret that no log should have.

use serde::{Deserialize, Serialize};
use shared::storage::Connection;
use shared::{Caller, Json, Problem, Result, Timestamp, clock};

use crate::authorization::{Client, ClientId, Request};
use crate::random;
use crate::routes::signed_in;
use crate::store::challenges::{self, Purpose};
use crate::store::{DB, oauth_clients, oauth_consents, sessions};

/// What the page says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    request: String,
}

/// What is wanted, and by whom.
#[derive(Serialize)]
pub struct Wanted {
    client: Shown,
    scopes: Vec<String>,
    /// Where people go, so that the page can show it.
    redirect_uri: String,
    /// Whether to ask. Where people agreed to as much before, the page may decide for them.
    consent_required: bool,
    /// Whether they first have to prove again who they are, by `POST /v1/auth/step-up` or by signing in.
    step_up_required: bool,
}

#[derive(Serialize)]
struct Shown {
    id: ClientId,
    name: String,
}

/// Says what is wanted.
pub async fn show(caller: Caller, Json(body): Json<Body>) -> Result<Json<Wanted>> {
    let now = clock::now();
    let (account, session) = signed_in(&caller, now)?;
    let connection = DB.connect()?;
    let (request, client) = find(connection, &body.request, now)?;
    let consented = oauth_consents::find(connection, account.id, client.id)?;
    let is_covered = consented.is_some_and(|scope| scope.covers(&request.scope));
    let session = sessions::find(connection, session)?;
    Ok(Json(Wanted {
        consent_required: !is_covered || request.asks_consent || !proves_itself(&client, &request),
        step_up_required: !session.is_some_and(|session| request.is_satisfied_by(&session, now)),
        client: Shown {
            id: client.id,
            name: client.name,
        },
        scopes: request.scope.names().map(str::to_owned).collect(),
        redirect_uri: request.redirect_uri,
    }))
}

/// The request of this secret, as long as somebody may decide it.
fn find(connection: &Connection, secret: &str, now: Timestamp) -> Result<(Request, Client)> {
    let secret = random::hash(secret);
    let purpose = Purpose::AuthorizationRequest;
    let request = challenges::peek::<Request>(connection, purpose, &secret, now)?;
    let request = request.ok_or_else(gone)?;
    let client = oauth_clients::find(connection, request.client_id)?.ok_or_else(gone)?;
    Ok((request, client))
}

/// Whether nobody else can be in the client's place: it has a secret, or an address that is its own. Any program on a
/// device can listen on a port or take a scheme, so people are asked each time (RFC 8252 section 8.6).
fn proves_itself(client: &Client, request: &Request) -> bool {
    client.confidential || request.redirect_uri.starts_with("https:")
}

/// The answer to a request that is not there.
pub fn gone() -> Problem {
    Problem::not_found("The request was decided, or took too long. Begin again in the application.")
}
