//! Wrong guesses in a row.

use std::time::Duration;

use shared::storage::{Error, Transaction, params};
use shared::{Timestamp, UserId};

use crate::guess::{self, Guessed};

/// Counts a guess as wrong, before it is known whether it is, so that many at once are no way around.
/// `Some`: it comes too early by this much, must not be looked at, and does not count.
pub fn begin(
    tx: &Transaction,
    account: UserId,
    what: Guessed,
    now: Timestamp,
) -> Result<Option<Duration>, Error> {
    let before: Option<(u32, Timestamp)> = tx.query_one(
        "SELECT count, last_at FROM guesses WHERE account_id = ? AND what = ?",
        params![account, what],
    )?;
    let open_at = before.map(|(count, last_at)| guess::open_at(count, last_at));
    if let Some(open_at) = open_at.filter(|open_at| *open_at > now) {
        return Ok(Some(open_at.since(now)));
    }
    tx.execute(
        "INSERT INTO guesses (account_id, what, count, last_at) VALUES (?, ?, 1, ?)
         ON CONFLICT DO UPDATE SET count = count + 1, last_at = excluded.last_at",
        params![account, what, now],
    )?;
    Ok(None)
}

/// A guess was right: the row of wrong ones ends.
pub fn end(tx: &Transaction, account: UserId, what: Guessed) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM guesses WHERE account_id = ? AND what = ?",
        params![account, what],
    )?;
    Ok(())
}
