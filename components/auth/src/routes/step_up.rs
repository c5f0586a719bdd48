//! `POST /v1/auth/step-up`: proves again, within a session, who is there.

use serde::Deserialize;
use shared::storage::Transaction;
use shared::{Caller, FieldError, Json, Problem, Result, SessionId, Timestamp, clock};

use super::signed_in;
use crate::account::Account;
use crate::factor::{self, Outcome, Proof, prove};
use crate::guess::Guessed;
use crate::issuer::{Issuer, Tokens};
use crate::method::Method;
use crate::origin::Origin;
use crate::password::{Password, Peppers, Verdict};
use crate::store::audit::{self, Entry, Event};
use crate::store::sessions::{self, Session};
use crate::store::{DB, guesses, passwords};
use crate::webauthn::Assertion;

/// What a client says: one of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    password: Option<Password>,
    code: Option<String>,
    recovery_code: Option<String>,
    passkey: Option<Assertion>,
}

/// Proves it, and gives out an access token that says so; the refresh token stays what it was.
pub async fn step_up(caller: Caller, origin: Origin, Json(body): Json<Body>) -> Result<Tokens> {
    let now = clock::now();
    let (account, id) = signed_in(&caller, now)?;
    let issuer = Issuer::load(now).await?;
    let proof = Proof::one_of(body.code, body.recovery_code, body.passkey).await?;
    let outcome = match (body.password, proof) {
        (Some(password), None) => {
            let peppers = Peppers::load().await?;
            prove_password(&account, &password, &peppers, &origin, now)?
        }
        (None, Some(proof)) => {
            let guessed = Guessed::TotpOnDevice;
            DB.transaction(|tx| prove(tx, &account, &proof, guessed, &origin, now))?
        }
        _ => {
            return Err(Problem::bad_request(
                "Send one of password, code, recovery_code and passkey.",
            ));
        }
    };
    let method = outcome.proven()?;
    let session = DB.transaction(|tx| renew(tx, &account, id, method, &origin, now))?;
    issuer.access(account, &session, now)
}

/// Where there is a second factor the password is not enough: whoever has the session may have it too.
fn prove_password(
    account: &Account,
    password: &Password,
    peppers: &Peppers,
    origin: &Origin,
    now: Timestamp,
) -> Result<Outcome> {
    if !factor::of(DB.connect()?, account.id)?.is_empty() {
        let error = FieldError::new("password", "is not enough: prove the second factor");
        return Err(Problem::invalid(vec![error]));
    }
    let wait = DB.transaction(|tx| guesses::begin(tx, account.id, Guessed::Password, now))?;
    if let Some(wait) = wait {
        return Ok(Outcome::TooEarly(wait));
    }
    let hash = passwords::find(account.id)?;
    if password.verify(hash.as_deref(), peppers)? != Verdict::Wrong {
        DB.transaction(|tx| guesses::end(tx, account.id, Guessed::Password))?;
        return Ok(Outcome::Proven(Method::Password));
    }
    let entry = Entry::about(Event::StepUpFailed, account.id);
    DB.transaction(|tx| audit::record(tx, &entry, origin, now))?;
    Ok(Outcome::Wrong("password"))
}

/// The session, proven by this method as well, now.
fn renew(
    tx: &Transaction,
    account: &Account,
    id: SessionId,
    method: Method,
    origin: &Origin,
    now: Timestamp,
) -> Result<Session> {
    let session = sessions::find(tx, id)?
        .ok_or_else(|| Problem::unauthorized("This session has ended. Sign in again."))?;
    let methods = match method {
        Method::Password => session.methods.and(method),
        second => session.methods.and_second(second),
    };
    sessions::prove(tx, id, &methods, now)?;
    let entry = Entry::by(Event::SteppedUp, account.id).with_object(&id);
    audit::record(tx, &entry, origin, now)?;
    Ok(Session {
        id,
        methods,
        authenticated_at: now,
    })
}
