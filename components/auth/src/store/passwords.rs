//! Password hashes.

use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

use super::DB;

/// The hash of the account's password, if it has one.
pub fn find(account: UserId) -> Result<Option<String>, Error> {
    DB.connect()?.query_one(
        "SELECT hash FROM passwords WHERE account_id = ?",
        params![account],
    )
}

/// Gives the account this password, in place of the one that it has, if it has one.
pub fn set(
    connection: &Connection,
    account: UserId,
    hash: &str,
    now: Timestamp,
) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO passwords (account_id, hash, changed_at) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at",
        params![account, hash, now],
    )?;
    Ok(())
}
