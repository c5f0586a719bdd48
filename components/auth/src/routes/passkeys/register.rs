//! `POST /v1/auth/passkeys`: a new key.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::{Caller, Json, Problem, Result, clock, storage};

use super::{Shown, check_name};
use crate::factor;
use crate::method::Method;
use crate::origin::Origin;
use crate::outbox;
use crate::passkey::{LIMIT, register as judge};
use crate::recovery_code;
use crate::step_up::{require_recent, require_still};
use crate::store::{DB, passkeys, recovery_codes};
use crate::webauthn::{Attestation, RelyingParty};

/// What a client says: what to call the key, and what the browser said of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    name: String,
    credential: Attestation,
}

/// The key. With an account's first second factor come recovery codes, shown this once.
#[derive(Serialize)]
pub struct Registered {
    #[serde(flatten)]
    passkey: Shown,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

/// Takes the key: from now on it signs in alone, and every other sign-in asks for a second factor.
pub async fn register(
    caller: Caller,
    origin: Origin,
    Json(body): Json<Body>,
) -> Result<(StatusCode, Json<Registered>)> {
    let now = clock::now();
    let (account, session) = require_recent(&caller, now)?;
    let name = check_name(&body.name).map_err(|error| Problem::invalid(vec![error]))?;
    let rp = RelyingParty::load().await?;
    let codes = recovery_code::generate()?;
    let (listed, is_first) = DB.transaction(|tx| {
        require_still(tx, session.id)?;
        if passkeys::count(tx, account.id)? >= LIMIT {
            return Err(Problem::conflict(
                "There are too many passkeys. Remove one.",
            ));
        }
        let made = judge(tx, &rp, account.id, body.credential, now)?;
        let is_first = factor::of(tx, account.id)?.is_empty();
        let created = passkeys::create(tx, account.id, &made, &name, now);
        let listed = created.map_err(|error: storage::Error| {
            if error.is_unique_violation() {
                Problem::conflict("This passkey is there already.")
            } else {
                error.into()
            }
        })?;
        if is_first {
            recovery_codes::give(tx, account.id, &codes, now)?;
        }
        factor::added(tx, &account, &session, Method::Passkey, &origin, now)?;
        Ok((listed, is_first))
    })?;
    outbox::deliver_soon();
    let registered = Registered {
        passkey: listed.into(),
        recovery_codes: is_first.then_some(codes),
    };
    Ok((StatusCode::CREATED, Json(registered)))
}
