//! Generators of time-based codes.

use std::time::Duration;

use serde::Deserialize;
use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

/// How long a generator that was never used waits for its first code.
const PENDING: Duration = Duration::from_secs(15 * 60);

/// A generator in use.
#[derive(Deserialize)]
pub struct Stored {
    /// Sealed.
    pub secret: Vec<u8>,
    pub last_step: Option<i64>,
}

/// Stores a generator that is not in use yet, in place of another such. False where one is in use.
pub fn begin(
    connection: &Connection,
    account: UserId,
    secret: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let stored = connection.execute(
        "INSERT INTO totp (account_id, secret, created_at) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at
         WHERE confirmed_at IS NULL",
        params![account, secret, now],
    )?;
    Ok(stored > 0)
}

/// The secret that was begun with, sealed, where that is not long ago and not in use yet.
pub fn pending(
    connection: &Connection,
    account: UserId,
    now: Timestamp,
) -> Result<Option<Vec<u8>>, Error> {
    connection.query_one(
        "SELECT secret FROM totp WHERE account_id = ? AND confirmed_at IS NULL AND created_at > ?",
        params![account, now.minus(PENDING)],
    )
}

/// Puts it in use: its code for this step was shown.
pub fn confirm(
    connection: &Connection,
    account: UserId,
    step: i64,
    now: Timestamp,
) -> Result<(), Error> {
    connection.execute(
        "UPDATE totp SET confirmed_at = ?, last_step = ? WHERE account_id = ?",
        params![now, step, account],
    )?;
    Ok(())
}

/// The account's generator, if one is in use.
pub fn find(connection: &Connection, account: UserId) -> Result<Option<Stored>, Error> {
    connection.query_one(
        "SELECT secret, last_step FROM totp WHERE account_id = ? AND confirmed_at IS NOT NULL",
        params![account],
    )
}

/// No code of this step, nor of one before, is taken any more.
pub fn advance(connection: &Connection, account: UserId, step: i64) -> Result<(), Error> {
    connection.execute(
        "UPDATE totp SET last_step = ? WHERE account_id = ?",
        params![step, account],
    )?;
    Ok(())
}

/// Removes the one in use. False where there is none.
pub fn remove(connection: &Connection, account: UserId) -> Result<bool, Error> {
    let removed = connection.execute(
        "DELETE FROM totp WHERE account_id = ? AND confirmed_at IS NOT NULL",
        params![account],
    )?;
    Ok(removed > 0)
}
