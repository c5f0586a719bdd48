//! `POST /v1/auth/sign-in`: a password for tokens.

use serde::Deserialize;
use shared::{Json, Problem, Result, clock};

use crate::issuer::{Issuer, Tokens};
use crate::origin::Origin;
use crate::password::Password;
use crate::refresh_token::RefreshToken;
use crate::store::audit::{self, Event};
use crate::store::{DB, accounts, sessions};

/// What a user says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    email: String,
    password: Password,
}

/// Begins a session. One answer for a wrong password and for an account that is not there, after the
/// same work, so that nobody learns who has an account.
pub async fn sign_in(origin: Origin, Json(body): Json<Body>) -> Result<Json<Tokens>> {
    let now = clock::now();
    let issuer = Issuer::load(now).await?;
    let found = accounts::find_by_email(&body.email)?;
    let password_hash = found.as_ref().map(|(_, hash)| hash.as_str());
    let is_right = body.password.is(password_hash)?;
    let account = found.map(|(account, _)| account);

    let (true, Some(account)) = (is_right, &account) else {
        let event = Event::SignInFailed {
            account: account.map(|account| account.id),
        };
        DB.transaction(|tx| audit::record(tx, &event, &origin, now))?;
        return Err(Problem::unauthorized(
            "The email address or the password is wrong.",
        ));
    };
    let refresh_token = RefreshToken::new()?;
    let session = DB.transaction(|tx| {
        let session = sessions::begin(tx, account.id, &origin, &refresh_token.hash(), now)?;
        let event = Event::SignedIn {
            account: account.id,
            session,
        };
        audit::record(tx, &event, &origin, now)?;
        Ok::<_, shared::storage::Error>(session)
    })?;
    Ok(Json(issuer.tokens(
        account.clone(),
        session,
        refresh_token,
        now,
    )?))
}
