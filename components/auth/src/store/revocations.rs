//! What ended while its access tokens are still good. Triggers write it: see the migration.

use std::time::Duration;

use serde::Deserialize;
use shared::Timestamp;
use shared::storage::{Error, params};

use super::DB;

/// How long a revocation is kept once a guard was told: longer than any access token lives.
const KEPT: Duration = Duration::from_secs(65 * 60);

/// Something that ended.
#[derive(Debug, Deserialize)]
pub struct Revocation {
    /// Its place in the order of ends.
    pub number: i64,
    /// A session's id, a user's and a version of their roles, an organisation's or a place's in one and a version, or
    /// `key/` and the id of a key that signs.
    pub object: String,
    told_at: Option<Timestamp>,
}

/// Up to `count` that came after the one with this number, in order.
pub fn after(number: i64, count: u32, now: Timestamp) -> Result<Vec<Revocation>, Error> {
    let found: Vec<Revocation> = DB.connect()?.query(
        "SELECT number, object, told_at FROM revocations WHERE number > ? ORDER BY number LIMIT ?",
        params![number, count],
    )?;
    // No clock tells SQL when something ended; the first question after it does, and comes at once.
    if found.iter().any(|revocation| revocation.told_at.is_none()) {
        DB.transaction(|tx| {
            tx.execute(
                "UPDATE revocations SET told_at = ? WHERE told_at IS NULL",
                params![now],
            )?;
            tx.execute(
                "DELETE FROM revocations WHERE told_at <= ?",
                params![now.minus(KEPT)],
            )
        })?;
    }
    Ok(found)
}
