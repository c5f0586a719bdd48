//! `POST /v1/auth/email/verify`: the secret of a mailed link, which proves the address.

use http::StatusCode;
use serde::Deserialize;
use shared::{Caller, Json, Problem, Result, clock};

use super::signed_in;
use crate::method::Method;
use crate::origin::Origin;
use crate::proof::{self, Mailed};
use crate::random;
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Purpose};
use crate::store::{DB, accounts, sessions};

/// What a client says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    token: String,
}

/// Proves the caller's address. It takes the account's own session besides the link: somebody who made
/// an account with a stranger's address gains nothing when the stranger follows the link. The next
/// access token says so.
pub async fn verify(caller: Caller, origin: Origin, Json(body): Json<Body>) -> Result<StatusCode> {
    let now = clock::now();
    let (account, session) = signed_in(&caller, now)?;
    DB.transaction(|tx| {
        let secret = random::hash(&body.token);
        let answered = challenges::take::<Mailed>(tx, Purpose::VerifyEmail, &secret, now)?;
        // A link of another account is left as it is: an error rolls back.
        let is_theirs = answered.is_some_and(|answered| {
            answered.account == Some(account.id) && answered.data.email == account.email
        });
        if !is_theirs {
            return Err(Problem::unprocessable(
                "The link is not for this account, was used, or is too old. Ask for another.",
            ));
        }
        let came_by_provider = sessions::find(tx, session)?
            .is_some_and(|session| session.methods.contain(Method::Federated));
        if account.email_vouched_by.is_some() && !came_by_provider {
            // Who came by the word of whoever vouched for the address may be somebody else.
            proof::reclaim(tx, account.id, Some(session), &origin, now)?;
        } else {
            accounts::verify_email(tx, account.id, now)?;
        }
        let entry = Entry::by(Event::EmailVerified, account.id);
        audit::record(tx, &entry, &origin, now)?;
        Ok(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}
