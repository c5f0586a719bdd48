//! `POST /v1/auth/sign-in`: a password for tokens.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use shared::{Json, Problem, Result, clock};

use crate::admission::admit;
use crate::issuer::Issuer;
use crate::method::{Method, Methods};
use crate::origin::Origin;
use crate::password::{Password, Peppers, Verdict};
use crate::refresh_token::RefreshToken;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, accounts, passwords};
use crate::{outbox, throttle};

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
    let account = accounts::find_by_email(&body.email)?;
    let hash = match &account {
        Some(account) => passwords::find(account.id)?,
        None => None,
    };
    let peppers = Peppers::load().await?;
    let verdict = body.password.verify(hash.as_deref(), &peppers)?;
    let (Verdict::Right | Verdict::Outdated, Some(account)) = (verdict, &account) else {
        let account = account.map(|account| account.id);
        let entry = Entry::about(Event::SignInFailed, account);
        DB.transaction(|tx| {
            audit::record(tx, &entry, &origin, now)?;
            if throttle::fail(tx, &attempt, now)? {
                let entry = Entry::about(Event::SignInDelayed, account);
                audit::record(tx, &entry, &origin, now)?;
            }
            Ok::<_, Problem>(())
        })?;
        return Err(Problem::unauthorized(
            "The email address or the password is wrong.",
        ));
    };
    let renewed = match (verdict, hash) {
        (Verdict::Outdated, Some(old)) => Some((old, body.password.hash(&peppers)?)),
        _ => None,
    };
    let refresh_token = RefreshToken::new()?;
    let methods = Methods::one(Method::Password);
    let admission = DB.transaction(|tx| {
        if let Some((old, new)) = &renewed {
            // Where the password was changed meanwhile, the change stays.
            passwords::replace(tx, account.id, old, new)?;
        }
        throttle::succeed(tx, &attempt)?;
        let admission = admit(tx, account.clone(), methods, refresh_token, &origin, now)?;
        Ok::<_, Problem>(admission)
    })?;
    outbox::deliver_soon();
    issuer.answer(StatusCode::OK, admission, now)
}
