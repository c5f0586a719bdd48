//! Recovery codes.

use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

use crate::random::Hash;
use crate::recovery_code;

/// Gives the account these, as they are shown, and takes all it had.
pub fn give(
    connection: &Connection,
    account: UserId,
    codes: &[String],
    now: Timestamp,
) -> Result<(), Error> {
    remove(connection, account)?;
    for code in codes {
        connection.execute(
            "INSERT INTO recovery_codes (account_id, hash, created_at) VALUES (?, ?, ?)",
            params![account, recovery_code::hash(code), now],
        )?;
    }
    Ok(())
}

/// Takes all of them.
pub fn remove(connection: &Connection, account: UserId) -> Result<(), Error> {
    connection.execute(
        "DELETE FROM recovery_codes WHERE account_id = ?",
        params![account],
    )?;
    Ok(())
}

/// Uses one up. False where it is none of the account's, or was used before.
pub fn take(connection: &Connection, account: UserId, hash: &Hash) -> Result<bool, Error> {
    let taken = connection.execute(
        "DELETE FROM recovery_codes WHERE account_id = ? AND hash = ?",
        params![account, hash],
    )?;
    Ok(taken > 0)
}

/// How many are left.
pub fn count(connection: &Connection, account: UserId) -> Result<u32, Error> {
    let count = connection.query_one(
        "SELECT count(*) FROM recovery_codes WHERE account_id = ?",
        params![account],
    )?;
    Ok(count.unwrap_or_default())
}
