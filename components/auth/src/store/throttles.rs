//! Buckets of tries, each with the time at which it will be empty.

use shared::Timestamp;
use shared::storage::{Error, Transaction, params};

use crate::bucket::{Bucket, PATIENCE};
use crate::random::Hash;

/// The bucket with this key; an empty one where there is none.
pub fn find(tx: &Transaction, key: &Hash) -> Result<Bucket, Error> {
    let found = tx.query_one(
        "SELECT last_at, empty_at, pending, pending_at FROM throttles WHERE key = ?",
        params![key],
    )?;
    Ok(found.unwrap_or(Bucket::EMPTY))
}

/// What is in the bucket from now on.
pub fn put(tx: &Transaction, key: &Hash, bucket: &Bucket) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO throttles (key, last_at, empty_at, pending, pending_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET last_at = ?2, empty_at = ?3, pending = ?4, pending_at = ?5",
        params![
            key,
            bucket.last_at,
            bucket.empty_at,
            bucket.pending,
            bucket.pending_at
        ],
    )?;
    Ok(())
}

/// Removes buckets that are empty, and in which nothing goes on.
pub fn prune(tx: &Transaction, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM throttles WHERE empty_at <= ?1 AND (pending = 0 OR pending_at <= ?2)",
        params![now, now.minus(PATIENCE * 1000)],
    )?;
    Ok(())
}
