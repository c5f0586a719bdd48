//! `POST /v1/auth/code`: mails a code that signs in. `POST /v1/auth/code/sign-in`: that code for tokens.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::{Json, Problem, Result, clock, storage, variables};

use crate::admission::admit;
use crate::issuer::Issuer;
use crate::mail::Letter;
use crate::method::{Method, Methods};
use crate::origin::Origin;
use crate::random::{self, Hash};
use crate::refresh_token::RefreshToken;
use crate::store::DB;
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Purpose};
use crate::{outbox, proof, throttle};

/// What somebody says who wants a code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    email: String,
    /// What the last sign-in from this device was answered with.
    device_token: Option<String>,
}

/// What goes with the code: who did not ask for it cannot guess it.
#[derive(Serialize)]
struct Asked {
    challenge: String,
}

/// What somebody says who read the code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    challenge: String,
    code: String,
}

/// Mails a code where there is an account, and answers the same where there is none.
pub async fn send(origin: Origin, Json(wish): Json<Wish>) -> Result<impl IntoResponse> {
    let (challenge, code) = (random::secret("sc_")?, random::code()?);
    let request = proof::Request {
        email: &wish.email,
        device_token: wish.device_token.as_deref(),
        purpose: Purpose::SignInCode,
        secret: &random::hash(&challenge),
        code: Some(&known_as(&challenge, &code)),
        letter: Letter::SignInCode { code },
        event: Event::SignInMailRequested,
    };
    proof::ask(request, &origin, clock::now())?;
    outbox::deliver_soon();
    Ok((StatusCode::ACCEPTED, Json(Asked { challenge })))
}

/// Begins a session. After five wrong codes the right one is none either.
pub async fn sign_in(origin: Origin, Json(answer): Json<Answer>) -> Result<Response> {
    let now = clock::now();
    let issuer = Issuer::load(now).await?;
    let admin_email = variables::get("admin_email").await?;
    let refresh_token = RefreshToken::new()?;
    DB.transaction(|tx| throttle::count_request(tx, &origin, now))?;
    let admission = DB.transaction(|tx| {
        let secret = random::hash(&answer.challenge);
        let code = known_as(&answer.challenge, answer.code.trim());
        let answered = challenges::take_with_code(tx, Purpose::SignInCode, &secret, &code, now)?;
        let Some(account) = proof::owner(tx, answered, &admin_email, &origin, now)? else {
            let entry = Entry::about(Event::SignInFailed, None);
            audit::record(tx, &entry, &origin, now)?;
            return Ok(None);
        };
        let methods = Methods::one(Method::Email);
        admit(tx, account, methods, refresh_token, &origin, now).map(Some)
    });
    let admission = admission.map_err(|error: storage::Error| Problem::from(error))?;
    let admission = admission
        .ok_or_else(|| Problem::unauthorized("The code is wrong, was used, or is too old."))?;
    outbox::deliver_soon();
    issuer.answer(StatusCode::OK, admission, now)
}

/// What a code is known by: there are so few that without the challenge its hash would give it away.
fn known_as(challenge: &str, code: &str) -> Hash {
    random::hash(&format!("{challenge} {code}"))
}
