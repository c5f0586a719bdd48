//! `POST /v1/auth/keys/rotate`: a new key to sign tokens with.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::{Json, Problem, Result, clock};

use crate::keyring::Keyring;
use crate::permission::SigningKeysRotate;
use crate::permitted::Permitted;
use crate::step_up::require_recent;
use crate::store::DB;
use crate::store::audit::{self, Entry, Event};

/// Why there should be another key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Somebody else may have the old ones: their tokens are to be good no more.
    #[serde(default)]
    compromised: bool,
}

/// The key that signs, at once or ten minutes from now.
#[derive(Debug, Serialize)]
pub struct Rotated {
    id: String,
}

/// Announces a new key, which signs once everybody can know it; or, where the old ones are compromised, puts it in their
/// place at once. Guards learn of it as of sessions that ended; whoever is signed in refreshes.
pub async fn rotate(
    permitted: Permitted<SigningKeysRotate>,
    Json(body): Json<Body>,
) -> Result<(StatusCode, Json<Rotated>)> {
    let now = clock::now();
    require_recent(&permitted.caller, now)?;
    let keyring = Keyring::load().await?;
    let id = DB.transaction(|tx| {
        let id = match body.compromised {
            false => keyring.rotate(tx, now)?,
            true => keyring.replace(tx, now)?,
        };
        let entry = Entry::by(Event::KeysRotated, permitted.user)
            .with_object(&id)
            .with_detail(serde_json::json!({"compromised": body.compromised}));
        audit::record(tx, &entry, &permitted.origin, now)?;
        Ok::<_, Problem>(id)
    })?;
    Ok((StatusCode::CREATED, Json(Rotated { id })))
}
