//! Accounts and their password hashes.

use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

use super::DB;
use crate::account::Account;

/// Stores a new account. A unique violation where there is one with this address already.
pub fn create(
    connection: &Connection,
    account: &Account,
    password_hash: &str,
) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO accounts (id, email, name, password_hash, created_at) VALUES (?, ?, ?, ?, ?)",
        params![
            account.id,
            account.email,
            account.name,
            password_hash,
            account.created_at
        ],
    )?;
    Ok(())
}

/// The account with this address, in whatever case, and the hash of its password.
pub fn find_by_email(email: &str) -> Result<Option<(Account, String)>, Error> {
    type Row = (UserId, String, Option<String>, Timestamp, String);
    let row: Option<Row> = DB.connect()?.query_one(
        "SELECT id, email, name, created_at, password_hash FROM accounts WHERE email = ?",
        params![email],
    )?;
    Ok(row.map(|(id, email, name, created_at, password_hash)| {
        let account = Account {
            id,
            email,
            name,
            created_at,
        };
        (account, password_hash)
    }))
}

/// The account that a session is of.
pub fn find(connection: &Connection, id: UserId) -> Result<Option<Account>, Error> {
    connection.query_one(
        "SELECT id, email, name, created_at FROM accounts WHERE id = ?",
        params![id],
    )
}
