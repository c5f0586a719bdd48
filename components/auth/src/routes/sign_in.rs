//! `POST /v1/auth/sign-in`: a password for tokens.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use shared::{Json, Problem, Result, Timestamp, UserId, clock};

use crate::admission::admit;
use crate::issuer::Issuer;
use crate::method::{Method, Methods};
use crate::origin::Origin;
use crate::outbox;
use crate::password::{Password, Peppers, Verdict};
use crate::refresh_token::RefreshToken;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, accounts, passwords};
use crate::throttle::{self, Attempt};

/// What a user says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    email: String,
    password: Password,
    /// What the last sign-in from this device was answered with.
    device_token: Option<String>,
}

/// Begins a session. One answer for a wrong password and for an account that is not there, after the
/// same work, so that nobody learns who has an account.
pub async fn sign_in(origin: Origin, Json(body): Json<Body>) -> Result<Response> {
    let now = clock::now();
    let issuer = Issuer::load(now).await?;
    let device_token = body.device_token.as_deref();
    let attempt =
        DB.transaction(|tx| throttle::begin(tx, &body.email, device_token, &origin, now))?;
    let peppers = Peppers::load().await?;
    let admission = loop {
        let found = accounts::find_by_email(&body.email)?;
        let hash = match &found {
            Some(account) => passwords::find(account.id)?,
            None => None,
        };
        let verdict = body.password.verify(hash.as_deref(), &peppers)?;
        let (Verdict::Right | Verdict::Outdated, Some(account)) = (verdict, &found) else {
            let account = found.map(|account| account.id);
            return Err(wrong(account, &attempt, &origin, now)?);
        };
        let renewed = match (verdict, &hash) {
            (Verdict::Outdated, Some(old)) => Some((old, body.password.hash(&peppers)?)),
            _ => None,
        };
        let refresh_token = RefreshToken::new()?;
        let admitted = DB.transaction(|tx| {
            // Hashing takes long enough to be overtaken: by another password, by who proves that the address is theirs
            // and shows everybody out, by an administrator. What was verified has to be true where it counts.
            let is_still_right = passwords::find_in(tx, account.id)? == hash;
            let account = accounts::find(tx, account.id)?;
            let Some(account) = account.filter(|_| is_still_right) else {
                return Ok(None);
            };
            if let Some((old, new)) = &renewed {
                passwords::replace(tx, account.id, old, new)?;
            }
            throttle::succeed(tx, &attempt)?;
            let methods = Methods::one(Method::Password);
            let admission = admit(tx, account, methods, refresh_token, &origin, now)?;
            Ok::<_, Problem>(Some(admission))
        })?;
        if let Some(admission) = admitted {
            break admission;
        }
    };
    outbox::deliver_soon();
    issuer.answer(StatusCode::OK, admission, now)
}

/// The answer to a wrong password, which counts.
fn wrong(
    account: Option<UserId>,
    attempt: &Attempt,
    origin: &Origin,
    now: Timestamp,
) -> Result<Problem> {
    DB.transaction(|tx| {
        audit::record(tx, &Entry::about(Event::SignInFailed, account), origin, now)?;
        if throttle::fail(tx, attempt, now)? {
            audit::record(
                tx,
                &Entry::about(Event::SignInDelayed, account),
                origin,
                now,
            )?;
        }
        Ok::<_, Problem>(())
    })?;
    Ok(Problem::unauthorized(
        "The email address or the password is wrong.",
    ))
}
