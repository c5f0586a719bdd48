//! Second factors: which ones an account has, and whether what somebody shows is one of them.

use std::time::Duration;

use serde::Serialize;
use shared::storage::{Connection, Error, Transaction};
use shared::{FieldError, Problem, Result, Timestamp, UserId};

use crate::account::Account;
use crate::guess::{Guessed, too_early};
use crate::method::Method;
use crate::origin::Origin;
use crate::recovery_code;
use crate::sealed::Sealer;
use crate::store::audit::{self, Entry, Event};
use crate::store::{guesses, recovery_codes, totp as store};
use crate::totp::{self, Secret};

/// What an account can be proven with besides its first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factor {
    Totp,
    RecoveryCode,
}

/// The second factors of an account. None at all: it has only first ones.
pub fn of(connection: &Connection, account: UserId) -> Result<Vec<Factor>, Error> {
    let mut factors = Vec::new();
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
    Totp(String),
    RecoveryCode(String),
}

impl Proof {
    /// What a request shows: one thing, or it is not to be understood.
    pub fn one_of(code: Option<String>, recovery_code: Option<String>) -> Option<Self> {
        match (code, recovery_code) {
            (Some(code), None) => Some(Self::Totp(code)),
            (None, Some(code)) => Some(Self::RecoveryCode(code)),
            _ => None,
        }
    }
}

/// What came of it. Store whatever it is: a wrong proof counts.
pub enum Outcome {
    /// It is the account's, and used up.
    Proven(Method),
    /// In this field of the request.
    Wrong(&'static str),
    /// It was not looked at.
    TooEarly(Duration),
}

impl Outcome {
    /// How it was proven, or the answer to a proof that is not good.
    pub fn proven(self) -> Result<Method> {
        match self {
            Self::Proven(method) => Ok(method),
            Self::Wrong(field) => Err(wrong(field)),
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
/// requests with one code one wins.
pub fn prove(
    tx: &Transaction,
    sealer: &Sealer,
    account: &Account,
    proof: &Proof,
    origin: &Origin,
    now: Timestamp,
) -> Result<Outcome> {
    let outcome = match proof {
        Proof::Totp(code) => prove_totp(tx, sealer, account, code, now)?,
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
    now: Timestamp,
) -> Result<Outcome> {
    let Some(stored) = store::find(tx, account.id)? else {
        return Ok(Outcome::Wrong("code"));
    };
    if let Some(wait) = guesses::begin(tx, account.id, Guessed::Totp, now)? {
        return Ok(Outcome::TooEarly(wait));
    }
    let secret = sealer.open(&totp::context(account.id), &stored.secret)?;
    let step = Secret::from_bytes(secret).step_of(code, stored.last_step, now);
    let Some(step) = step else {
        return Ok(Outcome::Wrong("code"));
    };
    store::advance(tx, account.id, step)?;
    guesses::end(tx, account.id, Guessed::Totp)?;
    Ok(Outcome::Proven(Method::Totp))
}
