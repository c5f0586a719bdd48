//! `POST /v1/auth/totp/confirm`: the first code of an app, which puts it in use.

use serde::{Deserialize, Serialize};
use shared::{Caller, Json, Problem, Result, clock};

use crate::factor;
use crate::mail::{self, Notice};
use crate::method::Method;
use crate::origin::Origin;
use crate::outbox;
use crate::recovery_code;
use crate::sealed::Sealer;
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, recovery_codes, sessions, totp as store};
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
        let sealed = store::pending(tx, account.id, now)?
            .ok_or_else(|| Problem::conflict("There is no app to confirm: begin anew."))?;
        let secret = sealer.open(&totp::context(account.id), &sealed)?;
        let step = Secret::from_bytes(secret)
            .step_of(&body.code, None, now)
            .ok_or_else(|| factor::wrong("code"))?;
        store::confirm(tx, account.id, step, now)?;
        let hashes: Vec<_> = codes.iter().map(|code| recovery_code::hash(code)).collect();
        recovery_codes::replace(tx, account.id, &hashes, now)?;
        let methods = session.methods.clone().and_second(Method::Totp);
        sessions::prove(tx, session.id, &methods, now)?;
        let entry = Entry::by(Event::FactorAdded, account.id)
            .with_detail(serde_json::json!({"factor": "totp"}));
        audit::record(tx, &entry, &origin, now)?;
        mail::notify(tx, &account, Notice::FactorAdded, &origin, now)?;
        Ok::<_, Problem>(())
    })?;
    outbox::deliver_soon();
    Ok(Json(Confirmed {
        recovery_codes: codes,
    }))
}
