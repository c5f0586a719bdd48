//! Challenges: what is asked of somebody once, and not for long. The client holds a secret, or knows a
//! short code besides; here are only hashes of both.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::storage::{Connection, Error, ToValue, Transaction, Value, params};
use shared::{Timestamp, UserId};

use super::DB;
use crate::random::Hash;

/// How often a short code may be guessed.
const TRIES: i64 = 5;

/// What for. A challenge of one purpose answers none of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To prove that mail to the account's address is read.
    VerifyEmail,
    /// To prove a second factor after the first.
    SecondFactor,
    /// To make a passkey.
    PasskeyRegistration,
    /// To sign in with anybody's passkey.
    PasskeySignIn,
    /// To prove one of the account's passkeys.
    PasskeyProof,
    /// To sign in with a link.
    SignInLink,
    /// To sign in with a code.
    SignInCode,
    /// To choose a new password.
    ResetPassword,
    /// To prove that mail to the account's next address is read.
    ChangeEmail,
    /// To come back from a provider, in the browser that left.
    FederatedFlight,
    /// To fetch what came of that, by the application that began.
    FederatedClaim,
    /// To decide what an application may see.
    AuthorizationRequest,
    /// To fetch tokens, by that application.
    AuthorizationCode,
}

impl ToValue for Purpose {
    fn to_value(&self) -> Value {
        let name = match self {
            Self::VerifyEmail => "verify-email",
            Self::SecondFactor => "second-factor",
            Self::PasskeyRegistration => "passkey-registration",
            Self::PasskeySignIn => "passkey-sign-in",
            Self::PasskeyProof => "passkey-proof",
            Self::SignInLink => "sign-in-link",
            Self::SignInCode => "sign-in-code",
            Self::ResetPassword => "reset-password",
            Self::ChangeEmail => "change-email",
            Self::FederatedFlight => "federated-flight",
            Self::FederatedClaim => "federated-claim",
            Self::AuthorizationRequest => "authorization-request",
            Self::AuthorizationCode => "authorization-code",
        };
        Value::Text(name.to_owned())
    }
}

/// A challenge to store.
pub struct Challenge<'a, T> {
    pub purpose: Purpose,
    pub account: Option<UserId>,
    /// Of the secret that the client is given.
    pub secret: &'a Hash,
    /// Of the short code that it must name besides, if it must.
    pub code: Option<&'a Hash>,
    /// What to go on with.
    pub data: &'a T,
    pub lifetime: Duration,
}

/// A challenge that was answered, and is gone.
#[derive(Debug, PartialEq, Eq)]
pub struct Answered<T> {
    pub account: Option<UserId>,
    pub data: T,
}

/// Stores a challenge. Those of all accounts that nobody answered in time go.
pub fn set<T: Serialize>(
    connection: &Connection,
    challenge: &Challenge<T>,
    now: Timestamp,
) -> Result<(), Error> {
    connection.execute("DELETE FROM challenges WHERE expires_at <= ?", params![now])?;
    let data = serde_json::to_string(challenge.data).unwrap_or_else(|_| "null".to_owned());
    connection.execute(
        "INSERT INTO challenges
            (secret_hash, purpose, account_id, code_hash, tries_left, data, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            challenge.secret,
            challenge.purpose,
            challenge.account,
            challenge.code,
            TRIES,
            data,
            now,
            now.plus(challenge.lifetime)
        ],
    )?;
    Ok(())
}

/// Takes the challenge with this secret, and no code, away. `None` where there is none, where it is
/// too late, and where it was answered before.
pub fn take<T: DeserializeOwned>(
    connection: &Connection,
    purpose: Purpose,
    secret: &Hash,
    now: Timestamp,
) -> Result<Option<Answered<T>>, Error> {
    let row: Option<(Option<UserId>, String)> = connection.query_one(
        "DELETE FROM challenges
         WHERE secret_hash = ? AND purpose = ? AND code_hash IS NULL AND expires_at > ?
         RETURNING account_id, data",
        params![secret, purpose, now],
    )?;
    Ok(row.and_then(read))
}

/// The challenge with this secret, left as it is for another try: to be answered by what only its
/// purpose knows how to judge. [`remove`] it, or note a [`miss`], in the same transaction.
pub fn find<T: DeserializeOwned>(
    tx: &Transaction,
    purpose: Purpose,
    secret: &Hash,
    now: Timestamp,
) -> Result<Option<Answered<T>>, Error> {
    let row: Option<(Option<UserId>, String)> = tx.query_one(
        "SELECT account_id, data FROM challenges
         WHERE secret_hash = ? AND purpose = ? AND tries_left > 0 AND expires_at > ?",
        params![secret, purpose, now],
    )?;
    Ok(row.and_then(read))
}

/// A challenge that was found was answered wrong: that costs one of five tries.
pub fn miss(tx: &Transaction, secret: &Hash) -> Result<(), Error> {
    tx.execute(
        "UPDATE challenges SET tries_left = max(tries_left - 1, 0) WHERE secret_hash = ?",
        params![secret],
    )?;
    Ok(())
}

/// A challenge that was found was answered right: it is gone.
pub fn remove(tx: &Transaction, secret: &Hash) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM challenges WHERE secret_hash = ?",
        params![secret],
    )?;
    Ok(())
}

/// What the challenge with this secret, and no code, is about; it stays.
pub fn peek<T: DeserializeOwned>(
    connection: &Connection,
    purpose: Purpose,
    secret: &Hash,
    now: Timestamp,
) -> Result<Option<T>, Error> {
    let row: Option<(Option<UserId>, String)> = connection.query_one(
        "SELECT account_id, data FROM challenges
         WHERE secret_hash = ? AND purpose = ? AND code_hash IS NULL AND expires_at > ?",
        params![secret, purpose, now],
    )?;
    Ok(row.and_then(read).map(|found| found.data))
}

/// Takes the challenge with this secret and this code away. A wrong code costs one of five tries: run
/// it in a transaction, and commit whatever comes of it.
pub fn take_with_code<T: DeserializeOwned>(
    connection: &Connection,
    purpose: Purpose,
    secret: &Hash,
    code: &Hash,
    now: Timestamp,
) -> Result<Option<Answered<T>>, Error> {
    let row: Option<(Option<UserId>, String)> = connection.query_one(
        "DELETE FROM challenges
         WHERE secret_hash = ? AND purpose = ? AND code_hash = ? AND tries_left > 0 AND expires_at > ?
         RETURNING account_id, data",
        params![secret, purpose, code, now],
    )?;
    if row.is_none() {
        connection.execute(
            "UPDATE challenges SET tries_left = max(tries_left - 1, 0)
             WHERE secret_hash = ? AND purpose = ?",
            params![secret, purpose],
        )?;
    }
    Ok(row.and_then(read))
}

/// Whose challenge this is, which stays as it is.
pub fn owner(purpose: Purpose, secret: &Hash, now: Timestamp) -> Result<Option<UserId>, Error> {
    let row: Option<Option<UserId>> = DB.connect()?.query_one(
        "SELECT account_id FROM challenges
         WHERE secret_hash = ? AND purpose = ? AND code_hash IS NULL AND expires_at > ?",
        params![secret, purpose, now],
    )?;
    Ok(row.flatten())
}

/// Takes back whatever was asked of this account.
pub fn withdraw_all(connection: &Connection, account: UserId) -> Result<(), Error> {
    connection.execute(
        "DELETE FROM challenges WHERE account_id = ?",
        params![account],
    )?;
    Ok(())
}

/// Takes back what was asked of this account for this purpose: only the latest counts.
pub fn withdraw(connection: &Connection, purpose: Purpose, account: UserId) -> Result<(), Error> {
    connection.execute(
        "DELETE FROM challenges WHERE account_id = ? AND purpose = ?",
        params![account, purpose],
    )?;
    Ok(())
}

/// Data of another form is of another version of this component: as good as no challenge.
fn read<T: DeserializeOwned>((account, data): (Option<UserId>, String)) -> Option<Answered<T>> {
    let data = serde_json::from_str(&data).ok()?;
    Some(Answered { account, data })
}
