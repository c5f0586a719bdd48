//! Proofs that somebody reads the mail sent to an address.
//!
//! Two things can be proven, and they are not the same. Who is signed in and follows a link that was
//! mailed is both: the one who made the account, and the one who reads its mail. Who merely reads the
//! mail may be the victim of somebody who signed up with an address that is not theirs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::storage::{Connection, Error};
use shared::{Result, Timestamp};

use crate::account::Account;
use crate::mail::{self, Letter};
use crate::random;
use crate::store::challenges::{self, Challenge, Purpose};

/// How long a link that verifies an address is good.
pub const VERIFICATION: Duration = Duration::from_secs(24 * 60 * 60);

/// What a challenge that was mailed is about: the address, since it may change before it is answered.
#[derive(Serialize, Deserialize)]
pub struct Mailed {
    pub email: String,
}

/// A secret that is mailed in a link to verify an address.
pub fn verification_secret() -> Result<String> {
    random::secret("ev_")
}

/// Mails the account's address a link that proves it. Only the latest is good.
pub fn ask_to_verify(
    connection: &Connection,
    account: &Account,
    secret: String,
    now: Timestamp,
) -> Result<(), Error> {
    challenges::withdraw(connection, Purpose::VerifyEmail, account.id)?;
    let challenge = Challenge {
        purpose: Purpose::VerifyEmail,
        account: Some(account.id),
        secret: &random::hash(&secret),
        code: None,
        data: &Mailed {
            email: account.email.clone(),
        },
        lifetime: VERIFICATION,
    };
    challenges::set(connection, &challenge, now)?;
    let letter = Letter::VerifyEmail { token: secret };
    mail::post(connection, Some(&account.email), letter, now)
}
