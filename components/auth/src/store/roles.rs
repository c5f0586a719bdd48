//! Roles of the application's own, and who has which. That tokens of before a change are revoked, triggers see to: see the migration.

use serde::Deserialize;
use serde_json::Value;
use shared::storage::{Connection, Error, Transaction, params};
use shared::{Permissions, Timestamp, UserId};

use super::DB;
use crate::role::{self, Granted};

/// What the account's rights are made of, read at once; none where there is no such account.
pub fn granted(connection: &Connection, account: UserId) -> Result<Option<Granted>, Error> {
    connection.query_one(
        "SELECT email, email_verified_at IS NOT NULL AND email_vouched_by IS NULL AS is_proven, roles_version,
                (SELECT json_group_array(role) FROM account_roles WHERE account_id = a.id) AS roles,
                (SELECT json_group_array(p.value)
                 FROM account_roles g JOIN roles r ON r.name = g.role, json_each(r.permissions) p
                 WHERE g.account_id = a.id) AS permissions
         FROM accounts a WHERE id = ?",
        params![account],
    )
}

/// A role of the application's own.
#[derive(Debug, Deserialize)]
pub struct Role {
    pub name: String,
    pub description: Option<String>,
    /// JSON: a list of names.
    permissions: String,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Role {
    /// What it allows.
    pub fn permissions(&self) -> Permissions {
        let names: Vec<String> = serde_json::from_str(&self.permissions).unwrap_or_default();
        names.into_iter().collect()
    }
}

/// Stores a new role. A unique violation where there is one of this name.
pub fn create(
    tx: &Transaction,
    name: &str,
    description: Option<&str>,
    permissions: &Permissions,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO roles (name, description, permissions, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?4)",
        params![name, description, json(permissions), now],
    )?;
    Ok(())
}

/// The role of this name; none for one that is built in.
pub fn find(connection: &Connection, name: &str) -> Result<Option<Role>, Error> {
    connection.query_one(
        "SELECT name, description, permissions, version, created_at, updated_at
         FROM roles WHERE name = ?",
        params![name],
    )
}

/// Up to `count` roles after the one of this name, in the order of their names.
pub fn list(after: Option<String>, count: u32) -> Result<Vec<Role>, Error> {
    DB.connect()?.query(
        "SELECT name, description, permissions, version, created_at, updated_at
         FROM roles WHERE name > coalesce(?, '') ORDER BY name LIMIT ?",
        params![after, count],
    )
}

/// Changes a role, for whoever has it as well.
pub fn change(
    tx: &Transaction,
    name: &str,
    description: Option<&str>,
    permissions: &Permissions,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE roles SET description = ?2, permissions = ?3, updated_at = ?4, version = version + 1
         WHERE name = ?1",
        params![name, description, json(permissions), now],
    )?;
    Ok(())
}

/// Removes a role; whoever has it has it no more.
pub fn delete(tx: &Transaction, name: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM roles WHERE name = ?", params![name])?;
    Ok(())
}

/// All names of permissions that roles hold, each once.
pub fn vocabulary(connection: &Connection) -> Result<Vec<String>, Error> {
    connection.query(
        "SELECT DISTINCT p.value FROM roles r, json_each(r.permissions) p",
        params![],
    )
}

/// Gives the account a role. False where it has it.
pub fn grant(
    tx: &Transaction,
    account: UserId,
    role: &str,
    by: UserId,
    now: Timestamp,
) -> Result<bool, Error> {
    let given = tx.execute(
        "INSERT INTO account_roles (account_id, role, granted_at, granted_by) VALUES (?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
        params![account, role, now, by],
    )?;
    Ok(given > 0)
}

/// Takes a role from the account. False where it does not have it.
pub fn take(tx: &Transaction, account: UserId, role: &str) -> Result<bool, Error> {
    let taken = tx.execute(
        "DELETE FROM account_roles WHERE account_id = ? AND role = ?",
        params![account, role],
    )?;
    Ok(taken > 0)
}

/// Whether somebody else than this account is administrator and can sign in.
pub fn has_other_administrator(
    tx: &Transaction,
    account: UserId,
    admin_email: &str,
) -> Result<bool, Error> {
    let other: Option<i64> = tx.query_one(
        "SELECT 1 FROM accounts a
         WHERE a.id <> ?1 AND a.disabled_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM account_deletions d WHERE d.account_id = a.id)
           AND (EXISTS (SELECT 1 FROM account_roles g WHERE g.account_id = a.id AND g.role = ?2)
                OR (a.email = ?3 AND a.email_verified_at IS NOT NULL AND a.email_vouched_by IS NULL))
         LIMIT 1",
        params![account, role::ADMIN, admin_email.trim()],
    )?;
    Ok(other.is_some())
}

fn json(permissions: &Permissions) -> String {
    Value::from_iter(permissions.iter()).to_string()
}
