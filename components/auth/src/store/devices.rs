//! Devices that people sign in with.

use std::time::Duration;

use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

use crate::random::Hash;

const REMEMBERED: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Remembers a device. True where the account was used before, and never with this one.
pub fn is_new(
    connection: &Connection,
    account: UserId,
    fingerprint: &Hash,
    now: Timestamp,
) -> Result<bool, Error> {
    connection.execute(
        "DELETE FROM devices WHERE account_id = ? AND last_used_at <= ?",
        params![account, now.minus(REMEMBERED)],
    )?;
    let counts: Option<(u32, u32)> = connection.query_one(
        "SELECT count(*), coalesce(sum(fingerprint = ?), 0) FROM devices WHERE account_id = ?",
        params![fingerprint, account],
    )?;
    let (all, same) = counts.unwrap_or_default();
    connection.execute(
        "INSERT INTO devices (account_id, fingerprint, last_used_at) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET last_used_at = excluded.last_used_at",
        params![account, fingerprint, now],
    )?;
    Ok(all > 0 && same == 0)
}

/// Forgets every device of an account.
pub fn forget(connection: &Connection, account: UserId) -> Result<(), Error> {
    connection.execute("DELETE FROM devices WHERE account_id = ?", params![account])?;
    Ok(())
}
