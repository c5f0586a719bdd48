//! `POST /v1/auth/magic-link`: mails a link that signs in. `POST /v1/auth/magic-link/sign-in`: its secret
//! for tokens.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use shared::{Json, Problem, Result, clock, variables};

use crate::admission::admit;
use crate::issuer::Issuer;
use crate::mail::Letter;
use crate::method::{Method, Methods};
use crate::origin::Origin;
use crate::refresh_token::RefreshToken;
use crate::store::DB;
use crate::store::audit::Event;
use crate::store::challenges::{self, Purpose};
use crate::{outbox, proof, random, throttle};

/// What somebody says who wants a link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    email: String,
    /// What the last sign-in from this device was answered with.
    device_token: Option<String>,
}

/// What somebody says who followed it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    token: String,
}

/// Mails a link where there is an account, and answers the same where there is none.
pub async fn send(origin: Origin, Json(wish): Json<Wish>) -> Result<StatusCode> {
    let secret = random::secret("ml_")?;
    let request = proof::Request {
        email: &wish.email,
        device_token: wish.device_token.as_deref(),
        purpose: Purpose::SignInLink,
        secret: &random::hash(&secret),
        code: None,
        letter: Letter::SignInLink { token: secret },
        event: Event::SignInMailRequested,
    };
    proof::ask(request, &origin, clock::now())?;
    outbox::deliver_soon();
    Ok(StatusCode::ACCEPTED)
}

/// Begins a session.
pub async fn sign_in(origin: Origin, Json(answer): Json<Answer>) -> Result<Response> {
    let now = clock::now();
    let issuer = Issuer::load(now).await?;
    let admin_email = variables::get("admin_email").await?;
    let refresh_token = RefreshToken::new()?;
    DB.transaction(|tx| throttle::count_request(tx, &origin, now))?;
    let admission = DB.transaction(|tx| {
        let secret = random::hash(&answer.token);
        let answered = challenges::take(tx, Purpose::SignInLink, &secret, now)?;
        let account = proof::owner(tx, answered, &admin_email, &origin, now)?.ok_or_else(|| {
            Problem::unauthorized("The link is not valid, was used, or is too old.")
        })?;
        let methods = Methods::one(Method::Email);
        Ok::<_, Problem>(admit(tx, account, methods, refresh_token, &origin, now)?)
    })?;
    outbox::deliver_soon();
    issuer.answer(StatusCode::OK, admission, now)
}
