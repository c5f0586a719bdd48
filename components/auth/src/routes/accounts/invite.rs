//! `POST /v1/auth/accounts`: makes an account for somebody, and mails them a link to choose a password.

use axum::response::IntoResponse;
use http::StatusCode;
use serde::Deserialize;
use shared::{Json, Problem, Result, UserId, clock, storage, variables};

use super::Shown;
use crate::account::{Account, check_email, check_name};
use crate::authority::no_account;
use crate::mail::{self, Letter};
use crate::permission::AccountsCreate;
use crate::permitted::Permitted;
use crate::proof::Mailed;
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Challenge, Purpose};
use crate::store::{DB, accounts, directory};
use crate::{outbox, proof, random};

/// What an administrator says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    email: String,
    name: Option<String>,
}

/// Makes an account without a password; who follows the link proves the address. 409 where there is one with it.
pub async fn invite(
    permitted: Permitted<AccountsCreate>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    let name = body.name.as_deref().map(check_name).transpose();
    let (email, name) = match (check_email(&body.email), name) {
        (Ok(email), Ok(name)) => (email, name),
        (email, name) => {
            let errors = [email.err(), name.err()];
            return Err(Problem::invalid(errors.into_iter().flatten().collect()));
        }
    };
    let admin_email = variables::get("admin_email").await?;
    let secret = random::secret("pr_")?;
    let account = Account {
        id: UserId::new(),
        email,
        name,
        created_at: now,
        email_verified_at: None,
        email_vouched_by: None,
        disabled_at: None,
    };
    let invited = DB.transaction(|tx| {
        accounts::create(tx, &account)?;
        let challenge = Challenge {
            purpose: Purpose::ResetPassword,
            account: Some(account.id),
            secret: &random::hash(&secret),
            code: None,
            data: &Mailed {
                email: account.email.clone(),
            },
            lifetime: proof::INVITATION,
        };
        challenges::set(tx, &challenge, now)?;
        let letter = Letter::Invitation { token: secret };
        mail::post(tx, Some(&account.email), letter, now)?;
        let entry = Entry::about(Event::AccountInvited, account.id).with_actor(permitted.user);
        audit::record(tx, &entry, &permitted.origin, now)?;
        directory::find(tx, account.id)
    });
    let invited = invited.map_err(|error: storage::Error| {
        if error.is_unique_violation() {
            Problem::conflict("There is an account with this email address already.")
        } else {
            error.into()
        }
    })?;
    outbox::deliver_soon();
    let invited = Shown::new(invited.ok_or_else(no_account)?, &admin_email);
    Ok((StatusCode::CREATED, Json(invited)))
}
