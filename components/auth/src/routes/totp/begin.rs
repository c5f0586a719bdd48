//! `POST /v1/auth/totp`: a new secret for an authenticator app, in use once a code of it was shown.

use serde::Serialize;
use shared::{Caller, Json, Problem, Result, clock, variables};

use crate::sealed::Sealer;
use crate::step_up::require_recent;
use crate::store::DB;
use crate::store::totp as store;
use crate::totp::{self, Secret, qr_svg};

/// The secret in the three forms that apps take. It is never shown again.
#[derive(Serialize)]
pub struct Begun {
    secret: String,
    uri: String,
    qr_svg: String,
}

/// Makes a secret, in place of one that was not used. 409 where the account has one in use.
pub async fn begin(caller: Caller) -> Result<Json<Begun>> {
    let now = clock::now();
    let (account, _) = require_recent(&caller, now)?;
    let app_name = variables::get("app_name").await?;
    let secret = Secret::new()?;
    let sealer = Sealer::load().await?;
    let sealed = sealer.seal(&totp::context(account.id), secret.as_bytes())?;
    if !store::begin(DB.connect()?, account.id, &sealed, now)? {
        return Err(Problem::conflict(
            "There is an authenticator app already. Remove it first.",
        ));
    }
    let uri = secret.to_uri(&app_name, &account.email);
    Ok(Json(Begun {
        secret: secret.to_text(),
        qr_svg: qr_svg(&uri)?,
        uri,
    }))
}
