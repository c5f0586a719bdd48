//! Buckets of tries, each with the time at which it will be empty.

use std::time::Duration;

use shared::Timestamp;
use shared::storage::{Error, Transaction, params};

use crate::random::Hash;

/// When the latest try was, and when the bucket will be empty.
pub fn find(tx: &Transaction, key: &Hash) -> Result<Option<(Timestamp, Timestamp)>, Error> {
    tx.query_one(
        "SELECT last_at, empty_at FROM throttles WHERE key = ?",
        params![key],
    )
}

/// Adds a try, which takes `leak` to be forgotten.
pub fn fill(tx: &Transaction, key: &Hash, leak: Duration, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO throttles (key, last_at, empty_at) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET last_at = ?2, empty_at = max(empty_at, ?2) + ?3 - ?2",
        params![key, now, now.plus(leak)],
    )?;
    Ok(())
}

/// Forgets one try.
pub fn take_back(tx: &Transaction, key: &Hash, leak: Duration) -> Result<(), Error> {
    let leak = Timestamp::from_millis(0).plus(leak);
    tx.execute(
        "UPDATE throttles SET empty_at = empty_at - ? WHERE key = ?",
        params![leak, key],
    )?;
    Ok(())
}

/// Forgets all tries.
pub fn empty(tx: &Transaction, key: &Hash) -> Result<(), Error> {
    tx.execute("DELETE FROM throttles WHERE key = ?", params![key])?;
    Ok(())
}

/// Removes buckets that are empty.
pub fn prune(tx: &Transaction, now: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM throttles WHERE empty_at <= ?", params![now])?;
    Ok(())
}
