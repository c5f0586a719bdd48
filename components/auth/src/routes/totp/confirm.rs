//! `POST /v1/auth/totp/confirm`: the first code of an app, which puts it in use.

use serde::{Deserialize, Serialize};
use shared::{Caller, Json, Problem, Result, clock};

use crate::factor;
use crate::method::Method;
use crate::origin::Origin;
use crate::outbox;
use crate::recovery_code;
use crate::sealed::Sealer;
use crate::step_up::{require_recent, require_still};
use crate::store::{DB, recovery_codes, totp as store};
use crate::totp::{self, Secret};

/// What a client says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    code: String,
}

/// What stands in for the app once it is lost. Shown this once.
#[derive(Serialize)]
pub struct Confirmed {
    recovery_codes: Vec<String>,
}

/// Puts the app in use: from now on every sign-in asks for a code. The session that did it counts as
/// proven by both factors; its next access token says so.
pub async fn confirm(
    caller: Caller,
    origin: Origin,
    Json(body): Json<Body>,
) -> Result<Json<Confirmed>> {
    let now = clock::now();
    let (account, session) = require_recent(&caller, now)?;
    let sealer = Sealer::load().await?;
    let codes = recovery_code::generate()?;
    DB.transaction(|tx| {
        require_still(tx, session.id)?;
        let sealed = store::pending(tx, account.id, now)?
            .ok_or_else(|| Problem::conflict("There is no app to confirm: begin anew."))?;
        let secret = sealer.open(&totp::context(account.id), &sealed)?;
        let step = Secret::from_bytes(secret)
            .step_of(&body.code, None, now)
            .ok_or_else(|| factor::wrong("code"))?;
        store::confirm(tx, account.id, step, now)?;
        recovery_codes::give(tx, account.id, &codes, now)?;
        factor::added(tx, &account, &session, Method::Totp, &origin, now)?;
        Ok::<_, Problem>(())
    })?;
    outbox::deliver_soon();
    Ok(Json(Confirmed {
        recovery_codes: codes,
    }))
}
