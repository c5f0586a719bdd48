//! `POST /v1/auth/password/reset`: the secret of a mailed link for a new password.

use http::StatusCode;
use serde::Deserialize;
use shared::{Json, Problem, Result, clock, variables};

use crate::admission::dismiss;
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::password::{Password, Peppers};
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Purpose};
use crate::store::{DB, accounts, passwords};
use crate::{outbox, proof, random, throttle};

/// What somebody says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    token: String,
    password: Password,
}

/// Sets the password, and ends every session and whatever else was mailed. It signs nobody in: a link is
/// not a second factor. A password that is refused does not use the link up.
pub async fn reset(origin: Origin, Json(body): Json<Body>) -> Result<StatusCode> {
    let now = clock::now();
    DB.transaction(|tx| throttle::count_request(tx, &origin, now))?;
    let secret = random::hash(&body.token);
    let account = match challenges::owner(Purpose::ResetPassword, &secret, now)? {
        Some(account) => accounts::find(DB.connect()?, account)?,
        None => None,
    };
    let account = account.ok_or_else(no_link)?;
    let name = account.name.as_deref().unwrap_or_default();
    let about = [&account.email, name, &variables::get("app_name").await?];
    body.password
        .check("password", &about)
        .map_err(|error| Problem::invalid(vec![error]))?;
    let hash = body.password.hash(&Peppers::load().await?)?;
    let admin_email = variables::get("admin_email").await?;
    DB.transaction(|tx| {
        let answered = challenges::take(tx, Purpose::ResetPassword, &secret, now)?;
        let account =
            proof::owner(tx, answered, &admin_email, &origin, now)?.ok_or_else(no_link)?;
        passwords::set(tx, account.id, &hash, now)?;
        dismiss(tx, account.id, None, &origin, now)?;
        challenges::withdraw_all(tx, account.id)?;
        let entry = Entry::by(Event::PasswordReset, account.id);
        audit::record(tx, &entry, &origin, now)?;
        mail::notify(tx, &account, Notice::PasswordChanged, &origin, now)?;
        Ok::<_, Problem>(())
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::NO_CONTENT)
}

fn no_link() -> Problem {
    Problem::unprocessable("The link is not valid, was used, or is too old. Ask for another.")
}
