//! `POST /v1/auth/second-factor`: the second half of a sign-in.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use shared::{Json, Problem, Result, clock};

use crate::admission::{HalfIn, admit};
use crate::factor::{Proof, prove};
use crate::guess::Guessed;
use crate::issuer::Issuer;
use crate::origin::Origin;
use crate::outbox;
use crate::random;
use crate::refresh_token::RefreshToken;
use crate::store::challenges::{self, Purpose};
use crate::store::{DB, accounts, device_tokens};
use crate::webauthn::Assertion;

/// What a client says: the token of the first half, and one proof.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    token: String,
    code: Option<String>,
    recovery_code: Option<String>,
    passkey: Option<Assertion>,
    /// What the last sign-in from this device was answered with.
    device_token: Option<String>,
}

/// Begins the session that the first factor alone did not. Each wrong proof costs one of five tries;
/// then the first factor has to be proven again.
pub async fn finish(origin: Origin, Json(body): Json<Body>) -> Result<Response> {
    let now = clock::now();
    let issuer = Issuer::load(now).await?;
    let refresh_token = RefreshToken::new()?;
    let token = random::hash(&body.token);
    let device = body.device_token.as_deref().map(random::hash);
    let proof = Proof::one_of(body.code, body.recovery_code, body.passkey).await?;
    let proof = proof
        .ok_or_else(|| Problem::bad_request("Send one of code, recovery_code and passkey."))?;
    let admission = DB.transaction(|tx| {
        let half = challenges::find::<HalfIn>(tx, Purpose::SecondFactor, &token, now)?;
        let half = half.and_then(|half| Some((half.account?, half.data)));
        let Some((account, half)) = half else {
            return Err(Problem::unauthorized(
                "The token was used, or is too old. Sign in again.",
            ));
        };
        let account = accounts::find(tx, account)?
            .ok_or_else(|| Problem::unauthorized("This account is gone."))?;
        let is_known = match &device {
            Some(device) => device_tokens::is_known(tx, device, &account.email, now)?,
            None => false,
        };
        let guessed = match is_known {
            true => Guessed::TotpOnDevice,
            false => Guessed::Totp,
        };
        match prove(tx, &account, &proof, guessed, &origin, now)?.proven() {
            Ok(method) => {
                challenges::remove(tx, &token)?;
                let methods = half.methods.and_second(method);
                let admission = admit(tx, account, methods, refresh_token, &origin, now)?;
                Ok(Ok(admission))
            }
            // That it was wrong is to be stored.
            Err(problem) => {
                challenges::miss(tx, &token)?;
                Ok(Err(problem))
            }
        }
    })?;
    outbox::deliver_soon();
    issuer.answer(StatusCode::OK, admission?, now)
}
