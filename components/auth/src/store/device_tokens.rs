//! Secrets of devices that somebody signed in with.

use std::time::Duration;

use shared::storage::{Error, Transaction, params};
use shared::{Timestamp, UserId};

use crate::random::Hash;

/// For how long a device is known after its sign-in.
const LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// How many of an account are known: the latest.
const LIMIT: u32 = 100;

/// The device was given this token.
pub fn add(tx: &Transaction, account: UserId, token: &Hash, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO device_tokens (hash, account_id, created_at) VALUES (?, ?, ?)",
        params![token, account, now],
    )?;
    tx.execute(
        "DELETE FROM device_tokens WHERE account_id = ?1 AND (created_at <= ?2 OR hash IN (
            SELECT hash FROM device_tokens WHERE account_id = ?1
            ORDER BY created_at DESC, hash LIMIT -1 OFFSET ?3))",
        params![account, now.minus(LIFETIME), LIMIT],
    )?;
    Ok(())
}

/// Whether the account with this address was signed in with this device.
pub fn is_known(
    tx: &Transaction,
    token: &Hash,
    email: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let found: Option<i64> = tx.query_one(
        "SELECT 1 FROM device_tokens t JOIN accounts a ON a.id = t.account_id
         WHERE t.hash = ? AND a.email = ? AND t.created_at > ?",
        params![token, email, now.minus(LIFETIME)],
    )?;
    Ok(found.is_some())
}

/// No device is known any more.
pub fn forget(tx: &Transaction, account: UserId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM device_tokens WHERE account_id = ?",
        params![account],
    )?;
    Ok(())
}
