//! Proofs that somebody reads the mail sent to an address.
//!
//! Two things can be proven, and they are not the same. Who is signed in and follows a link that was
//! mailed is both: the one who made the account, and the one who reads its mail. Who merely reads the
//! mail may be the victim of somebody who signed up with an address that is not theirs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::storage::{Connection, Error, Transaction};
use shared::{Problem, Result, SessionId, Timestamp, UserId};

use crate::account::{Account, check_email};
use crate::admission::dismiss;
use crate::mail::{self, Letter};
use crate::origin::Origin;
use crate::random::{self, Hash};
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Answered, Challenge, Purpose};
use crate::store::{
    DB, accounts, api_keys, deletions, device_tokens, devices, identities, mail_requests,
    oauth_consents, passkeys, passwords, recovery_codes, totp,
};
use crate::throttle;

const MINUTE: Duration = Duration::from_secs(60);

/// How long what was mailed is good, by what it is for.
pub const VERIFICATION: Duration = Duration::from_secs(24 * 60 * 60);
pub const SIGN_IN: Duration = Duration::from_secs(15 * MINUTE.as_secs());
pub const RESET: Duration = Duration::from_secs(30 * MINUTE.as_secs());
pub const INVITATION: Duration = Duration::from_secs(7 * 24 * 60 * 60);
pub const EMAIL_CHANGE: Duration = Duration::from_secs(60 * MINUTE.as_secs());

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

/// What somebody who is not signed in asks to be mailed.
pub struct Request<'a> {
    pub email: &'a str,
    /// What a sign-in on the same device was answered with.
    pub device_token: Option<&'a str>,
    pub purpose: Purpose,
    pub secret: &'a Hash,
    pub code: Option<&'a Hash>,
    pub letter: Letter,
    /// For the audit.
    pub event: Event,
}

/// Mails a letter to the account with this address. Where there is none, where it is disabled, and where
/// mail was asked for too often, the same is done, and the letter goes to nobody: neither what is
/// answered nor how long it takes tells which. Earlier letters stay good, or a stranger could take them
/// away by asking again.
pub fn ask(request: Request, origin: &Origin, now: Timestamp) -> Result<()> {
    let email = check_email(request.email).map_err(|error| Problem::invalid(vec![error]))?;
    let account = accounts::find_by_email(&email)?.filter(|account| account.disabled_at.is_none());
    // Devices of who signed up with a stranger's address get no mail for it besides.
    let is_proven = account
        .as_ref()
        .is_some_and(|account| account.email_verified_at.is_some());
    let lifetime = request.letter.lifetime().unwrap_or(SIGN_IN);
    DB.transaction(|tx| {
        throttle::count_mail(tx, origin, now)?;
        let is_fine = match request.device_token.map(random::hash) {
            Some(device) if device_tokens::is_known(tx, &device, &email, now)? && is_proven => {
                mail_requests::note_on(tx, &device, now)?
            }
            _ => mail_requests::note(tx, &email, now)?,
        };
        let to = account.as_ref().filter(|_| is_fine);
        let challenge = Challenge {
            purpose: request.purpose,
            account: to.map(|account| account.id),
            secret: request.secret,
            code: request.code,
            data: &Mailed {
                email: to.map_or(String::new(), |account| account.email.clone()),
            },
            lifetime,
        };
        challenges::set(tx, &challenge, now)?;
        let address = to.map(|account| account.email.as_str());
        mail::post(tx, address, request.letter, now)?;
        let entry = Entry::about(request.event, account.as_ref().map(|account| account.id));
        audit::record(tx, &entry, origin, now)?;
        Ok(())
    })
}

/// The account whose mail was read, if it has still the address that the mail went to. Who read it is
/// its owner: an address that was not proven before is now, and what somebody else may have given the
/// account before that, by signing up with this address first, goes: the password, second
/// factors, passkeys, identities elsewhere, consents, keys for programs, sessions, links, a wish to be deleted. Whoever
/// adds another way in, removes it here.
///
/// Where the address is that of `admin_email`, nobody's word but our mail proved it.
pub fn owner(
    tx: &Transaction,
    answered: Option<Answered<Mailed>>,
    admin_email: &str,
    origin: &Origin,
    now: Timestamp,
) -> Result<Option<Account>, Error> {
    let Some(Answered {
        account: Some(id),
        data,
    }) = answered
    else {
        return Ok(None);
    };
    let account = accounts::find(tx, id)?;
    let Some(account) = account.filter(|account| account.email == data.email) else {
        return Ok(None);
    };
    let is_admins = account.email.eq_ignore_ascii_case(admin_email.trim());
    let is_theirs = account.is_proven() || (account.email_verified_at.is_some() && !is_admins);
    if is_theirs || account.disabled_at.is_some() {
        return Ok(Some(account));
    }
    reclaim(tx, id, None, origin, now)?;
    Ok(Some(Account {
        email_verified_at: Some(now),
        email_vouched_by: None,
        ..account
    }))
}

/// Takes the account away from everybody but whoever reads its mail, and is in by the session `kept` if it is in.
pub fn reclaim(
    tx: &Transaction,
    id: UserId,
    kept: Option<SessionId>,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    passwords::remove(tx, id)?;
    totp::remove(tx, id)?;
    recovery_codes::remove(tx, id)?;
    passkeys::remove_all(tx, id)?;
    identities::remove_all(tx, id)?;
    api_keys::remove_all(tx, id)?;
    oauth_consents::remove_all(tx, id)?;
    device_tokens::forget(tx, id)?;
    deletions::take_back(tx, id)?;
    dismiss(tx, id, kept, origin, now)?;
    challenges::withdraw_all(tx, id)?;
    devices::forget(tx, id)?;
    accounts::verify_email(tx, id, now)?;
    audit::record(tx, &Entry::by(Event::AccountReclaimed, id), origin, now)
}
