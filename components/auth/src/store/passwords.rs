//! Password hashes.

use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

use super::DB;

/// The hash of the account's password, if it has one.
pub fn find(account: UserId) -> Result<Option<String>, Error> {
    find_in(DB.connect()?, account)
}

/// As [`find`], in a transaction.
pub fn find_in(connection: &Connection, account: UserId) -> Result<Option<String>, Error> {
    connection.query_one(
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

/// Puts one hash in another's place. False where it was replaced, or is gone, meanwhile.
pub fn replace(
    connection: &Connection,
    account: UserId,
    old: &str,
    new: &str,
) -> Result<bool, Error> {
    let replaced = connection.execute(
        "UPDATE passwords SET hash = ? WHERE account_id = ? AND hash = ?",
        params![new, account, old],
    )?;
    Ok(replaced > 0)
}

/// The account has no password any more.
pub fn remove(connection: &Connection, account: UserId) -> Result<(), Error> {
    connection.execute(
        "DELETE FROM passwords WHERE account_id = ?",
        params![account],
    )?;
    Ok(())
}
