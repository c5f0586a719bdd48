//! Keys for programs, and how much each was used in the minute that goes on.

use serde::Deserialize;
use shared::storage::{Connection, Error, Transaction, params};
use shared::{Timestamp, UserId};

use crate::allowance::Window;
use crate::api_key::{ApiKeyId, Scope, Secret};
use crate::random::Hash;

/// What a [`Listed`] is read from.
macro_rules! columns {
    () => {
        "id, name, prefix, scopes, rate_limit, expires_at, old_ends_at, version, created_at, last_used_at"
    };
}

/// A key, as its owner sees it.
#[derive(Deserialize)]
pub struct Listed {
    pub id: ApiKeyId,
    pub name: String,
    pub prefix: String,
    scopes: String,
    pub rate_limit: Option<u32>,
    pub expires_at: Option<Timestamp>,
    pub old_ends_at: Option<Timestamp>,
    pub version: i64,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

impl Listed {
    pub fn scopes(&self) -> Vec<Scope> {
        scopes(&self.scopes)
    }
}

/// What can be chosen of a key.
pub struct Terms {
    pub name: String,
    pub scopes: Vec<Scope>,
    pub rate_limit: Option<u32>,
    pub expires_at: Option<Timestamp>,
}

/// A key that is good now, and whose it is.
#[derive(Deserialize)]
pub struct Good {
    pub id: ApiKeyId,
    pub account_id: UserId,
    pub email: String,
    scopes: String,
    pub rate_limit: Option<u32>,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    window_ends_at: Timestamp,
    window_used: u32,
}

impl Good {
    pub fn scopes(&self) -> Vec<Scope> {
        scopes(&self.scopes)
    }

    /// The minute in which its requests were counted last.
    pub fn window(&self) -> Window {
        Window {
            used: self.window_used,
            ends_at: self.window_ends_at,
        }
    }
}

/// How many keys an account has, those that ended included.
pub fn count(connection: &Connection, account: UserId) -> Result<u32, Error> {
    let count = connection.query_one(
        "SELECT count(*) FROM api_keys WHERE account_id = ?",
        params![account],
    )?;
    Ok(count.unwrap_or_default())
}

/// Stores a new key.
pub fn create(
    tx: &Transaction,
    account: UserId,
    terms: &Terms,
    secret: &Secret,
    now: Timestamp,
) -> Result<Option<Listed>, Error> {
    tx.query_one(
        concat!(
            "INSERT INTO api_keys (id, account_id, name, prefix, hash, scopes, rate_limit, expires_at, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING ",
            columns!()
        ),
        params![
            ApiKeyId::new(),
            account,
            terms.name,
            secret.prefix,
            secret.hash,
            text(&terms.scopes),
            terms.rate_limit,
            terms.expires_at,
            now
        ],
    )
}

/// The account's key with this id.
pub fn find(
    connection: &Connection,
    account: UserId,
    id: ApiKeyId,
) -> Result<Option<Listed>, Error> {
    connection.query_one(
        concat!(
            "SELECT ",
            columns!(),
            " FROM api_keys WHERE id = ? AND account_id = ?"
        ),
        params![id, account],
    )
}

/// Up to `count` of an account, newest first, from before the one with this id.
pub fn list(
    connection: &Connection,
    account: UserId,
    before: Option<ApiKeyId>,
    count: u32,
) -> Result<Vec<Listed>, Error> {
    connection.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM api_keys WHERE account_id = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3"
        ),
        params![account, before, count],
    )
}

/// Gives it other terms. What was counted counts on.
pub fn change(tx: &Transaction, id: ApiKeyId, terms: &Terms) -> Result<Option<Listed>, Error> {
    tx.query_one(
        concat!(
            "UPDATE api_keys SET name = ?2, scopes = ?3, rate_limit = ?4, expires_at = ?5, version = version + 1
             WHERE id = ?1 RETURNING ",
            columns!()
        ),
        params![id, terms.name, text(&terms.scopes), terms.rate_limit, terms.expires_at],
    )
}

/// Gives it another secret. The one it had is good until `old_ends_at`, the one before that no more.
pub fn rotate(
    tx: &Transaction,
    account: UserId,
    id: ApiKeyId,
    secret: &Secret,
    old_ends_at: Timestamp,
) -> Result<Option<Listed>, Error> {
    tx.query_one(
        concat!(
            "UPDATE api_keys SET old_hash = hash, old_ends_at = ?5, hash = ?3, prefix = ?4, version = version + 1
             WHERE id = ?1 AND account_id = ?2 RETURNING ",
            columns!()
        ),
        params![id, account, secret.hash, secret.prefix, old_ends_at],
    )
}

/// Removes it. False where the account has no such key.
pub fn remove(tx: &Transaction, account: UserId, id: ApiKeyId) -> Result<bool, Error> {
    let removed = tx.execute(
        "DELETE FROM api_keys WHERE id = ? AND account_id = ?",
        params![id, account],
    )?;
    Ok(removed > 0)
}

/// Removes every key of the account.
pub fn remove_all(connection: &Connection, account: UserId) -> Result<(), Error> {
    connection.execute(
        "DELETE FROM api_keys WHERE account_id = ?",
        params![account],
    )?;
    Ok(())
}

/// The key with this secret, if it can be used: it has not ended, nor has its owner's account been disabled, or is to
/// be removed.
pub fn good(connection: &Connection, secret: &Hash, now: Timestamp) -> Result<Option<Good>, Error> {
    connection.query_one(
        "SELECT k.id, k.account_id, a.email, k.scopes, k.rate_limit, k.last_used_at,
                CASE WHEN k.hash = ?1 THEN k.expires_at
                     ELSE min(k.old_ends_at, coalesce(k.expires_at, k.old_ends_at)) END AS expires_at,
                k.window_ends_at, k.window_used
         FROM api_keys k JOIN accounts a ON a.id = k.account_id
         WHERE (k.hash = ?1 OR (k.old_hash = ?1 AND k.old_ends_at > ?2))
           AND (k.expires_at IS NULL OR k.expires_at > ?2)
           AND a.disabled_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM account_deletions d WHERE d.account_id = a.id)",
        params![secret, now],
    )
}

/// It was used now, and so much in this minute.
pub fn used(tx: &Transaction, id: ApiKeyId, window: Window, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE api_keys SET last_used_at = ?2, window_ends_at = ?3, window_used = ?4 WHERE id = ?1",
        params![id, now, window.ends_at, window.used],
    )?;
    Ok(())
}

/// Cannot fail: a list of names.
fn text(scopes: &[Scope]) -> String {
    serde_json::to_string(scopes).unwrap_or_default()
}

/// What cannot be read allows nothing.
fn scopes(text: &str) -> Vec<Scope> {
    serde_json::from_str(text).unwrap_or_default()
}
