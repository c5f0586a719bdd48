//! Passkeys.

use serde::Deserialize;
use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

use crate::webauthn::{Registered, Used};

shared::id!(
    /// A passkey. What its device calls it is another matter.
    pub PasskeyId, "psk"
);

/// What a passkey is verified with.
#[derive(Deserialize)]
pub struct Stored {
    pub id: PasskeyId,
    pub account_id: UserId,
    pub algorithm: i64,
    pub public_key: Vec<u8>,
    pub backup_eligible: bool,
}

/// A passkey, as its owner sees it.
#[derive(Deserialize)]
pub struct Listed {
    pub id: PasskeyId,
    pub name: String,
    pub backed_up: bool,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// What a browser needs to find a passkey again.
#[derive(Deserialize)]
pub struct Described {
    pub credential_id: Vec<u8>,
    /// JSON.
    pub transports: String,
}

/// Stores a new one. A unique violation where a device made the same before.
pub fn create(
    connection: &Connection,
    account: UserId,
    registered: &Registered,
    name: &str,
    now: Timestamp,
) -> Result<Listed, Error> {
    let id = PasskeyId::new();
    let (algorithm, public_key) = registered.key.to_bytes();
    connection.execute(
        "INSERT INTO passkeys (id, account_id, credential_id, algorithm, public_key, sign_count,
                               backup_eligible, backed_up, transports, name, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            id,
            account,
            registered.credential_id,
            algorithm,
            public_key,
            registered.sign_count,
            registered.backup_eligible,
            registered.backed_up,
            serde_json::json!(registered.transports).to_string(),
            name,
            now
        ],
    )?;
    Ok(Listed {
        id,
        name: name.to_owned(),
        backed_up: registered.backed_up,
        created_at: now,
        last_used_at: None,
    })
}

/// The one that its device calls so.
pub fn find(connection: &Connection, credential_id: &[u8]) -> Result<Option<Stored>, Error> {
    connection.query_one(
        "SELECT id, account_id, algorithm, public_key, backup_eligible FROM passkeys
         WHERE credential_id = ?",
        params![credential_id],
    )
}

/// How many an account has.
pub fn count(connection: &Connection, account: UserId) -> Result<u32, Error> {
    let count = connection.query_one(
        "SELECT count(*) FROM passkeys WHERE account_id = ?",
        params![account],
    )?;
    Ok(count.unwrap_or_default())
}

/// All of an account, for its browser.
pub fn describe(connection: &Connection, account: UserId) -> Result<Vec<Described>, Error> {
    connection.query(
        "SELECT credential_id, transports FROM passkeys WHERE account_id = ? ORDER BY id",
        params![account],
    )
}

/// Up to `count` of an account, newest first, from before the one with this id.
pub fn list(
    connection: &Connection,
    account: UserId,
    before: Option<PasskeyId>,
    count: u32,
) -> Result<Vec<Listed>, Error> {
    connection.query(
        "SELECT id, name, backed_up, created_at, last_used_at FROM passkeys
         WHERE account_id = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3",
        params![account, before, count],
    )
}

/// Notes a use. False where the device has counted more signatures before: there are two of it. Devices
/// that do not count always say zero.
pub fn used(
    connection: &Connection,
    id: PasskeyId,
    used: &Used,
    now: Timestamp,
) -> Result<bool, Error> {
    let noted = connection.execute(
        "UPDATE passkeys SET sign_count = ?2, backed_up = ?3, last_used_at = ?4
         WHERE id = ?1 AND (?2 > sign_count OR (?2 = 0 AND sign_count = 0))",
        params![id, used.sign_count, used.backed_up, now],
    )?;
    Ok(noted > 0)
}

/// Gives it another name. `None` where the account has no such passkey.
pub fn rename(
    connection: &Connection,
    account: UserId,
    id: PasskeyId,
    name: &str,
) -> Result<Option<Listed>, Error> {
    connection.query_one(
        "UPDATE passkeys SET name = ? WHERE id = ? AND account_id = ?
         RETURNING id, name, backed_up, created_at, last_used_at",
        params![name, id, account],
    )
}

/// Removes it. False where the account has no such passkey.
pub fn remove(connection: &Connection, account: UserId, id: PasskeyId) -> Result<bool, Error> {
    let removed = connection.execute(
        "DELETE FROM passkeys WHERE id = ? AND account_id = ?",
        params![id, account],
    )?;
    Ok(removed > 0)
}

/// Removes every passkey of the account.
pub fn remove_all(connection: &Connection, account: UserId) -> Result<(), Error> {
    connection.execute(
        "DELETE FROM passkeys WHERE account_id = ?",
        params![account],
    )?;
    Ok(())
}
