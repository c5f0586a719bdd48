//! Second factors: which ones an account has, and whether what somebody shows is one of them.

use std::time::Duration;

use serde::Serialize;
use shared::storage::{Connection, Error, Transaction};
use shared::{FieldError, Problem, Result, Timestamp, UserId};

use crate::account::Account;
use crate::guess::{Guessed, too_early};
use crate::mail::{self, Notice};
use crate::method::Method;
use crate::origin::Origin;
use crate::passkey;
use crate::recovery_code;
use crate::sealed::Sealer;
use crate::store::audit::{self, Entry, Event};
use crate::store::sessions::{self, Session};
use crate::store::{guesses, passkeys, recovery_codes, totp as store};
use crate::totp::{self, Secret};
use crate::webauthn::{Assertion, Refusal, RelyingParty};

/// What an account can be proven with besides its first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factor {
    Passkey,
    Totp,
    RecoveryCode,
}

/// The second factors of an account. None at all: it has only first ones.
pub fn of(connection: &Connection, account: UserId) -> Result<Vec<Factor>, Error> {
    let mut factors = Vec::new();
    if passkeys::count(connection, account)? > 0 {
        factors.push(Factor::Passkey);
    }
    if store::find(connection, account)?.is_some() {
        factors.push(Factor::Totp);
    }
    // Codes are for whoever lost a factor; alone they are none.
    if !factors.is_empty() && recovery_codes::count(connection, account)? > 0 {
        factors.push(Factor::RecoveryCode);
    }
    Ok(factors)
}

/// What somebody shows.
pub enum Proof {
    Totp(String, &'static Sealer),
    RecoveryCode(String),
    Passkey(Box<Assertion>, RelyingParty),
}

impl Proof {
    /// What a request shows: one thing, or it is not to be understood.
    pub async fn one_of(
        code: Option<String>,
        recovery_code: Option<String>,
        passkey: Option<Assertion>,
    ) -> Result<Option<Self>> {
        Ok(match (code, recovery_code, passkey) {
            (Some(code), None, None) => Some(Self::Totp(code, Sealer::load().await?)),
            (None, Some(code), None) => Some(Self::RecoveryCode(code)),
            (None, None, Some(assertion)) => {
                let rp = RelyingParty::load().await?;
                Some(Self::Passkey(Box::new(assertion), rp))
            }
            _ => None,
        })
    }
}

/// What came of it. Store whatever it is: a wrong proof counts.
pub enum Outcome {
    /// It is the account's, and used up.
    Proven(Method),
    /// In this field of the request.
    Wrong(&'static str),
    /// A passkey that is not believed.
    Refused(Refusal),
    /// It was not looked at.
    TooEarly(Duration),
}

impl Outcome {
    /// How it was proven, or the answer to a proof that is not good.
    pub fn proven(self) -> Result<Method> {
        match self {
            Self::Proven(method) => Ok(method),
            Self::Wrong(field) => Err(wrong(field)),
            Self::Refused(refusal) => Err(passkey::refused(refusal)),
            Self::TooEarly(wait) => Err(too_early(wait)),
        }
    }
}

/// The answer to what is not right: 422, for a 401 would make clients fetch another access token and try
/// the same again.
pub fn wrong(field: &str) -> Problem {
    let error = FieldError::new(field, "is wrong, too old, or was used before");
    Problem::invalid(vec![error])
}

/// Judges a proof for this account. In the transaction of what it is good for, so that of two
/// requests with one code one wins. A wrong code counts as one that was `guessed` so.
pub fn prove(
    tx: &Transaction,
    account: &Account,
    proof: &Proof,
    guessed: Guessed,
    origin: &Origin,
    now: Timestamp,
) -> Result<Outcome> {
    let outcome = match proof {
        Proof::Passkey(assertion, rp) => {
            match passkey::judge(tx, rp, Some(account.id), assertion, origin, now)? {
                Ok(_) => Outcome::Proven(Method::Passkey),
                Err(refusal) => Outcome::Refused(refusal),
            }
        }
        Proof::Totp(code, sealer) => prove_totp(tx, sealer, account, code, guessed, now)?,
        Proof::RecoveryCode(code) => {
            if recovery_codes::take(tx, account.id, &recovery_code::hash(code))? {
                let entry = Entry::by(Event::RecoveryCodeUsed, account.id);
                audit::record(tx, &entry, origin, now)?;
                Outcome::Proven(Method::RecoveryCode)
            } else {
                Outcome::Wrong("recovery_code")
            }
        }
    };
    if !matches!(outcome, Outcome::Proven(_)) {
        let entry = Entry::about(Event::SecondFactorFailed, account.id);
        audit::record(tx, &entry, origin, now)?;
    }
    Ok(outcome)
}

fn prove_totp(
    tx: &Transaction,
    sealer: &Sealer,
    account: &Account,
    code: &str,
    guessed: Guessed,
    now: Timestamp,
) -> Result<Outcome> {
    let Some(stored) = store::find(tx, account.id)? else {
        return Ok(Outcome::Wrong("code"));
    };
    if let Some(wait) = guesses::begin(tx, account.id, guessed, now)? {
        return Ok(Outcome::TooEarly(wait));
    }
    let secret = sealer.open(&totp::context(account.id), &stored.secret)?;
    let step = Secret::from_bytes(secret).step_of(code, stored.last_step, now);
    let Some(step) = step else {
        return Ok(Outcome::Wrong("code"));
    };
    store::advance(tx, account.id, step)?;
    guesses::end(tx, account.id, guessed)?;
    Ok(Outcome::Proven(Method::Totp))
}

/// Tells of a factor that was added. The session that did it counts as proven by it; its next access
/// token says so.
pub fn added(
    tx: &Transaction,
    account: &Account,
    session: &Session,
    method: Method,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    let methods = session.methods.clone().and_second(method);
    sessions::prove(tx, session.id, &methods, now)?;
    let detail = serde_json::json!({"factor": method});
    let entry = Entry::by(Event::FactorAdded, account.id).with_detail(detail);
    audit::record(tx, &entry, origin, now)?;
    mail::notify(tx, account, Notice::FactorAdded, origin, now)
}

/// Tells of a factor that was removed. With the last one the recovery codes go.
pub fn removed(
    tx: &Transaction,
    account: &Account,
    method: Method,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    if of(tx, account.id)?.is_empty() {
        recovery_codes::remove(tx, account.id)?;
    }
    let detail = serde_json::json!({"factor": method});
    let entry = Entry::by(Event::FactorRemoved, account.id).with_detail(detail);
    audit::record(tx, &entry, origin, now)?;
    mail::notify(tx, account, Notice::FactorRemoved, origin, now)
}
