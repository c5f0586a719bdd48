//! `POST /v1/auth/email`: mails a link to the address that the caller wants to have.
//! `POST /v1/auth/email/confirm`: its secret, with which the account has that address.

use http::StatusCode;
use serde::Deserialize;
use shared::{Caller, FieldError, Json, Problem, Result, clock};

use super::{confirm_password, signed_in};
use crate::account::{Account, check_email};
use crate::admission::dismiss;
use crate::mail::{self, Letter, Notice};
use crate::origin::Origin;
use crate::password::{Password, Peppers};
use crate::proof::{self, Mailed};
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Challenge, Purpose};
use crate::store::{DB, accounts, mail_requests};
use crate::{outbox, random, throttle};

/// What a client says that wants another address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    email: String,
    /// Absent where the account has none.
    current_password: Option<Password>,
}

/// What a client says that followed the link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    token: String,
}

/// Mails the link, and tells the address in use. An address of another account gets no mail, and the
/// answer is the same.
pub async fn ask(caller: Caller, origin: Origin, Json(wish): Json<Wish>) -> Result<StatusCode> {
    let now = clock::now();
    let (account, _) = signed_in(&caller, now)?;
    let email = check_email(&wish.email).map_err(|error| Problem::invalid(vec![error]))?;
    if email.eq_ignore_ascii_case(&account.email) {
        let error = FieldError::new("email", "is the address of this account already");
        return Err(Problem::invalid(vec![error]));
    }
    let peppers = Peppers::load().await?;
    let current = wish.current_password.as_ref();
    confirm_password(&caller, current, &peppers, &origin, now)?;
    let is_taken = accounts::find_by_email(&email)?.is_some();
    let secret = random::secret("ec_")?;
    DB.transaction(|tx| {
        throttle::count_mail(tx, &origin, now)?;
        let is_fine = mail_requests::note(tx, &email, now)? && !is_taken;
        challenges::withdraw(tx, Purpose::ChangeEmail, account.id)?;
        let challenge = Challenge {
            purpose: Purpose::ChangeEmail,
            account: Some(account.id),
            secret: &random::hash(&secret),
            code: None,
            data: &Mailed {
                email: email.clone(),
            },
            lifetime: proof::EMAIL_CHANGE,
        };
        challenges::set(tx, &challenge, now)?;
        let letter = Letter::ConfirmEmail { token: secret };
        mail::post(tx, is_fine.then_some(email.as_str()), letter, now)?;
        mail::notify(tx, &account, Notice::EmailChangeRequested, &origin, now)?;
        let entry = Entry::by(Event::EmailChangeRequested, account.id);
        audit::record(tx, &entry, &origin, now)?;
        Ok::<_, Problem>(())
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::ACCEPTED)
}

/// Gives the caller's account the new address, which is proven by that. Links that went to the old one
/// are good for nothing, every other session ends, and both addresses are told.
pub async fn confirm(
    caller: Caller,
    origin: Origin,
    Json(answer): Json<Answer>,
) -> Result<StatusCode> {
    let now = clock::now();
    let (account, session) = signed_in(&caller, now)?;
    DB.transaction(|tx| {
        let secret = random::hash(&answer.token);
        let answered = challenges::take::<Mailed>(tx, Purpose::ChangeEmail, &secret, now)?;
        // A link of another account is left as it is: an error rolls back.
        let answered = answered.filter(|answered| answered.account == Some(account.id));
        let email = answered
            .map(|answered| answered.data.email)
            .ok_or_else(|| {
                Problem::unprocessable(
                    "The link is not for this account, was used, or is too old. Ask for another.",
                )
            })?;
        accounts::change_email(tx, account.id, &email, now).map_err(|error| {
            if error.is_unique_violation() {
                Problem::conflict("There is an account with this email address already.")
            } else {
                error.into()
            }
        })?;
        dismiss(tx, account.id, Some(session), &origin, now)?;
        challenges::withdraw_all(tx, account.id)?;
        mail::notify(tx, &account, Notice::EmailChanged, &origin, now)?;
        let changed = Account {
            email,
            email_verified_at: Some(now),
            email_vouched_by: None,
            ..account
        };
        mail::notify(tx, &changed, Notice::EmailChanged, &origin, now)?;
        let entry = Entry::by(Event::EmailChanged, changed.id).with_object(&session);
        audit::record(tx, &entry, &origin, now)?;
        Ok::<_, Problem>(())
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::NO_CONTENT)
}
