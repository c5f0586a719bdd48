//! Accounts that are to be removed, and what is removed with them.

use shared::storage::{Connection, Error, Transaction, params};
use shared::{Timestamp, UserId};

/// Remembers to remove this account at `due`, and ends its sessions. An earlier date stays.
pub fn ask(tx: &Transaction, account: UserId, due: Timestamp, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO account_deletions (account_id, asked_at, due_at) VALUES (?, ?, ?)
         ON CONFLICT DO NOTHING",
        params![account, now, due],
    )?;
    tx.execute(
        "DELETE FROM sessions WHERE account_id = ?",
        params![account],
    )?;
    Ok(())
}

/// Takes it back. False where nobody asked.
pub fn take_back(tx: &Transaction, account: UserId) -> Result<bool, Error> {
    let taken_back = tx.execute(
        "DELETE FROM account_deletions WHERE account_id = ?",
        params![account],
    )?;
    Ok(taken_back > 0)
}

/// Up to `count` accounts whose time has come.
pub fn due(connection: &Connection, count: u32, now: Timestamp) -> Result<Vec<UserId>, Error> {
    connection.query(
        "SELECT account_id FROM account_deletions WHERE due_at <= ? ORDER BY due_at LIMIT ?",
        params![now, count],
    )
}

/// Whether its time has come, asked again where nobody can take it back meanwhile.
pub fn is_due(tx: &Transaction, account: UserId, now: Timestamp) -> Result<bool, Error> {
    let due: Option<i64> = tx.query_one(
        "SELECT 1 FROM account_deletions WHERE account_id = ? AND due_at <= ?",
        params![account, now],
    )?;
    Ok(due.is_some())
}

/// Removes an account with all that is its own, and what webhooks were told of it. False where there is no
/// such account. What the audit says of it stays: it is append-only, and knows people by their ids alone.
pub fn remove(tx: &Transaction, account: UserId) -> Result<bool, Error> {
    tx.execute(
        "DELETE FROM webhook_deliveries WHERE user_id = ?",
        params![account],
    )?;
    let removed = tx.execute("DELETE FROM accounts WHERE id = ?", params![account])?;
    Ok(removed > 0)
}
