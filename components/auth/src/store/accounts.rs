//! Accounts.

use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

use super::DB;
use crate::account::Account;

/// What an [`Account`] is read from.
macro_rules! columns {
    () => {
        "id, email, name, created_at, email_verified_at, email_vouched_by, disabled_at"
    };
}

/// Stores a new account. A unique violation where there is one with this address already.
pub fn create(connection: &Connection, account: &Account) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO accounts (id, email, name, created_at, email_verified_at, email_vouched_by)
         VALUES (?, ?, ?, ?, ?, ?)",
        params![
            account.id,
            account.email,
            account.name,
            account.created_at,
            account.email_verified_at,
            account.email_vouched_by
        ],
    )?;
    Ok(())
}

/// The account with this address, in whatever case.
pub fn find_by_email(email: &str) -> Result<Option<Account>, Error> {
    find_by_email_in(DB.connect()?, email)
}

/// As [`find_by_email`], in a transaction.
pub fn find_by_email_in(connection: &Connection, email: &str) -> Result<Option<Account>, Error> {
    connection.query_one(
        concat!("SELECT ", columns!(), " FROM accounts WHERE email = ?"),
        params![email],
    )
}

/// The account with this id.
pub fn find(connection: &Connection, id: UserId) -> Result<Option<Account>, Error> {
    connection.query_one(
        concat!("SELECT ", columns!(), " FROM accounts WHERE id = ?"),
        params![id],
    )
}

/// Our own mail proved the account's address, if it did not before.
pub fn verify_email(connection: &Connection, id: UserId, now: Timestamp) -> Result<(), Error> {
    connection.execute(
        "UPDATE accounts SET email_verified_at = ?, email_vouched_by = NULL
         WHERE id = ? AND (email_verified_at IS NULL OR email_vouched_by IS NOT NULL)",
        params![now, id],
    )?;
    Ok(())
}

/// Lets nobody in with the account from now on; its sessions end.
pub fn disable(connection: &Connection, id: UserId, now: Timestamp) -> Result<(), Error> {
    connection.execute(
        "UPDATE accounts SET disabled_at = ? WHERE id = ?",
        params![now, id],
    )?;
    Ok(())
}

/// Lets its owner in again.
pub fn enable(connection: &Connection, id: UserId) -> Result<(), Error> {
    connection.execute(
        "UPDATE accounts SET disabled_at = NULL WHERE id = ?",
        params![id],
    )?;
    Ok(())
}

/// Gives the account another address, which is proven. A unique violation where another account has it.
pub fn change_email(
    connection: &Connection,
    id: UserId,
    email: &str,
    now: Timestamp,
) -> Result<(), Error> {
    connection.execute(
        "UPDATE accounts SET email = ?, email_verified_at = ?, email_vouched_by = NULL WHERE id = ?",
        params![email, now, id],
    )?;
    Ok(())
}
