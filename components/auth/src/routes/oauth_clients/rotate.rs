//! `POST /v1/auth/clients/{id}/rotate-secret`: a new secret, shown once. For a day the old one is good as well, so that
//! servers can be changed one after the other; but not where somebody else has it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::{Json, Path, Problem, Result, Timestamp, clock};

use super::no_client;
use crate::authorization::ClientId;
use crate::permission::OauthClientsManage;
use crate::permitted::Permitted;
use crate::random;
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, oauth_clients};

const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

/// What an administrator says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Whether the old secret is good for nothing at once.
    #[serde(default)]
    compromised: bool,
}

#[derive(Serialize)]
pub struct Rotated {
    client_secret: String,
    /// Until when the old secret is good as well.
    old_secret_ends_at: Option<Timestamp>,
}

/// Makes a new secret. 409 where the client has none.
pub async fn rotate(
    administrator: Permitted<OauthClientsManage>,
    Path(id): Path<ClientId>,
    Json(body): Json<Body>,
) -> Result<Json<Rotated>> {
    let now = clock::now();
    require_recent(&administrator.caller, now)?;
    let client_secret = random::secret("cs_")?;
    let old_secret_ends_at = (!body.compromised).then(|| now.plus(OVERLAP));
    DB.transaction(|tx| {
        oauth_clients::find(tx, id)?.ok_or_else(no_client)?;
        let hash = random::hash(&client_secret);
        if !oauth_clients::rotate(tx, id, &hash, old_secret_ends_at)? {
            return Err(Problem::conflict("A public client has no secret."));
        }
        let entry = Entry::about(Event::ClientSecretRotated, None)
            .with_actor(administrator.user)
            .with_object(&id);
        Ok(audit::record(tx, &entry, &administrator.origin, now)?)
    })?;
    Ok(Json(Rotated {
        client_secret,
        old_secret_ends_at,
    }))
}
