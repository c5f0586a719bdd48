//! What a browser is to ask a device: `POST /v1/auth/passkeys/options` for a new key,
//! `…/passkeys/sign-in/options` to sign in with one, `/v1/auth/second-factor/options` and
//! `/v1/auth/step-up/options` to prove one.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{Caller, Json, Problem, Result, clock};

use crate::admission::HalfIn;
use crate::origin::Origin;
use crate::passkey::{ask_for_new, ask_for_use};
use crate::random;
use crate::routes::signed_in;
use crate::step_up::require_recent;
use crate::store::DB;
use crate::store::challenges::{self, Purpose};
use crate::throttle;
use crate::webauthn::RelyingParty;

/// For `navigator.credentials`.
#[derive(Serialize)]
pub struct Options {
    #[serde(rename = "publicKey")]
    public_key: Value,
}

/// The token of a sign-in that is half done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Half {
    token: String,
}

/// To make a key.
pub async fn to_register(caller: Caller) -> Result<Json<Options>> {
    let now = clock::now();
    let (account, _) = require_recent(&caller, now)?;
    let rp = RelyingParty::load().await?;
    let public_key = ask_for_new(DB.connect()?, &rp, &account, now)?;
    Ok(Json(Options { public_key }))
}

/// To sign in: whose key, its owner chooses.
pub async fn to_sign_in(origin: Origin) -> Result<Json<Options>> {
    let now = clock::now();
    let rp = RelyingParty::load().await?;
    let public_key = DB.transaction(|tx| {
        throttle::count_request(tx, &origin, now)?;
        ask_for_use(tx, &rp, None, now)
    })?;
    Ok(Json(Options { public_key }))
}

/// To finish a sign-in.
pub async fn to_finish(Json(half): Json<Half>) -> Result<Json<Options>> {
    let now = clock::now();
    let rp = RelyingParty::load().await?;
    let public_key = DB.transaction(|tx| {
        let token = random::hash(&half.token);
        let found = challenges::find::<HalfIn>(tx, Purpose::SecondFactor, &token, now)?;
        let account = found.and_then(|half| half.account).ok_or_else(|| {
            Problem::unauthorized("The token was used, or is too old. Sign in again.")
        })?;
        ask_for_use(tx, &rp, Some(account), now)
    })?;
    Ok(Json(Options { public_key }))
}

/// To prove again who is there.
pub async fn to_step_up(caller: Caller) -> Result<Json<Options>> {
    let now = clock::now();
    let (account, _) = signed_in(&caller, now)?;
    let rp = RelyingParty::load().await?;
    let public_key = ask_for_use(DB.connect()?, &rp, Some(account.id), now)?;
    Ok(Json(Options { public_key }))
}
