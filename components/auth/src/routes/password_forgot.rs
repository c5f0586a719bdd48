//! `POST /v1/auth/password/forgot`: mails a link with which a new password can be chosen.

use http::StatusCode;
use serde::Deserialize;
use shared::{Json, Result, clock};

use crate::mail::Letter;
use crate::origin::Origin;
use crate::store::audit::Event;
use crate::store::challenges::Purpose;
use crate::{outbox, proof, random};

/// What somebody says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    email: String,
    /// What the last sign-in from this device was answered with.
    device_token: Option<String>,
}

/// Mails a link where there is an account, and answers the same where there is none.
pub async fn forgot(origin: Origin, Json(body): Json<Body>) -> Result<StatusCode> {
    let secret = random::secret("pr_")?;
    let request = proof::Request {
        email: &body.email,
        device_token: body.device_token.as_deref(),
        purpose: Purpose::ResetPassword,
        secret: &random::hash(&secret),
        code: None,
        letter: Letter::ResetPassword { token: secret },
        event: Event::PasswordResetRequested,
    };
    proof::ask(request, &origin, clock::now())?;
    outbox::deliver_soon();
    Ok(StatusCode::ACCEPTED)
}
