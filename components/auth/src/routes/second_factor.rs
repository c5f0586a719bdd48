//! `POST /v1/auth/second-factor`: the second half of a sign-in.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use shared::{Json, Problem, Result, clock};

use crate::admission::{HalfIn, admit};
use crate::factor::{Proof, prove};
use crate::issuer::Issuer;
use crate::origin::Origin;
use crate::outbox;
use crate::random;
use crate::refresh_token::RefreshToken;
use crate::sealed::Sealer;
use crate::store::challenges::{self, Purpose};
use crate::store::{DB, accounts};

/// What a client says: the token of the first half, and one proof.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    token: String,
    code: Option<String>,
    recovery_code: Option<String>,
}

/// Begins the session that the first factor alone did not. Each wrong proof costs one of five tries;
/// then the first factor has to be proven again.
pub async fn finish(origin: Origin, Json(body): Json<Body>) -> Result<Response> {
    let now = clock::now();
    let issuer = Issuer::load(now).await?;
    let sealer = Sealer::load().await?;
    let refresh_token = RefreshToken::new()?;
    let token = random::hash(&body.token);
    let proof = Proof::one_of(body.code, body.recovery_code)
        .ok_or_else(|| Problem::bad_request("Send either code or recovery_code."))?;
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
        match prove(tx, sealer, &account, &proof, &origin, now)?.proven() {
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
