//! `POST /v1/auth/passkeys/sign-in`: the use of a key for tokens.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use shared::{Json, Result, clock};

use crate::admission::admit;
use crate::issuer::Issuer;
use crate::method::{Method, Methods};
use crate::origin::Origin;
use crate::outbox;
use crate::passkey;
use crate::refresh_token::RefreshToken;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, accounts};
use crate::throttle;
use crate::webauthn::{Assertion, Refusal, RelyingParty};

/// What a client says: what the browser said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    credential: Assertion,
}

/// Begins a session. The key is one factor, and the finger or the number that it asked for another.
pub async fn sign_in(origin: Origin, Json(body): Json<Body>) -> Result<Response> {
    let now = clock::now();
    let issuer = Issuer::load(now).await?;
    let rp = RelyingParty::load().await?;
    let refresh_token = RefreshToken::new()?;
    DB.transaction(|tx| throttle::count_request(tx, &origin, now))?;
    let admission = DB.transaction(|tx| {
        let judged = passkey::judge(tx, &rp, None, &body.credential, &origin, now)?;
        let account = match judged {
            Ok(account) => accounts::find(tx, account)?.ok_or(Refusal("the account is gone")),
            Err(refusal) => Err(refusal),
        };
        Ok::<_, shared::Problem>(match account {
            Ok(account) => {
                let methods = Methods::one(Method::Passkey).and(Method::MultiFactor);
                Ok(admit(tx, account, methods, refresh_token, &origin, now)?)
            }
            Err(refusal) => {
                let entry = Entry::about(Event::SignInFailed, None);
                audit::record(tx, &entry, &origin, now)?;
                Err(refusal)
            }
        })
    })?;
    outbox::deliver_soon();
    issuer.answer(StatusCode::OK, admission.map_err(passkey::refused)?, now)
}
