//! Keys for programs, and how much each was used in the minute that goes on.

use serde::Deserialize;
use shared::storage::{Connection, Error, Transaction, params};
use shared::{OrganizationId, Timestamp, UserId};

use super::organizations;
use crate::allowance::Window;
use crate::api_key::{ApiKeyId, Owner, Scope, Secret};
use crate::random::Hash;

/// What a [`Listed`] is read from.
macro_rules! columns {
    () => {
        "id, organization_id, name, prefix, scopes, rate_limit, expires_at, old_ends_at, version, created_at, last_used_at"
    };
}

/// A key, as its owner sees it.
#[derive(Deserialize)]
pub struct Listed {
    pub id: ApiKeyId,
    pub organization_id: Option<OrganizationId>,
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
    account_id: Option<UserId>,
    email: Option<String>,
    organization_id: Option<OrganizationId>,
    networks: Option<String>,
    scopes: String,
    pub rate_limit: Option<u32>,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    window_ends_at: Timestamp,
    window_used: u32,
}

/// For whom a key speaks.
pub enum Speaks {
    Person {
        id: UserId,
        email: String,
    },
    Organization {
        id: OrganizationId,
        /// From where alone it does, if any are named.
        networks: Vec<String>,
    },
}

impl Good {
    /// For whom it speaks. None: for nobody who is still there.
    pub fn speaks(&self) -> Option<Speaks> {
        let person = self.account_id.zip(self.email.clone());
        let organization = self.organization_id.zip(self.networks.as_deref());
        person
            .map(|(id, email)| Speaks::Person { id, email })
            .or_else(|| {
                organization.map(|(id, networks)| Speaks::Organization {
                    id,
                    networks: organizations::list(networks),
                })
            })
    }

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

/// How many keys somebody has, those that ended included.
pub fn count(connection: &Connection, owner: Owner) -> Result<u32, Error> {
    let count = connection.query_one(
        "SELECT count(*) FROM api_keys WHERE account_id IS ? AND organization_id IS ?",
        params![owner.account(), owner.organization()],
    )?;
    Ok(count.unwrap_or_default())
}

/// Stores a new key.
pub fn create(
    tx: &Transaction,
    owner: Owner,
    terms: &Terms,
    secret: &Secret,
    now: Timestamp,
) -> Result<Option<Listed>, Error> {
    tx.query_one(
        concat!(
            "INSERT INTO api_keys (id, account_id, organization_id, name, prefix, hash, scopes, rate_limit, expires_at,
                                   created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING ",
            columns!()
        ),
        params![
            ApiKeyId::new(),
            owner.account(),
            owner.organization(),
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

/// Whose the key with this id is.
pub fn owner(connection: &Connection, id: ApiKeyId) -> Result<Option<Owner>, Error> {
    let found: Option<(Option<UserId>, Option<OrganizationId>)> = connection.query_one(
        "SELECT account_id, organization_id FROM api_keys WHERE id = ?",
        params![id],
    )?;
    // Exactly one is there: see the migration.
    Ok(found.and_then(|(account, organization)| {
        let organization = organization.map(Owner::Organization);
        account.map(Owner::Account).or(organization)
    }))
}

/// The key with this id.
pub fn find(connection: &Connection, id: ApiKeyId) -> Result<Option<Listed>, Error> {
    connection.query_one(
        concat!("SELECT ", columns!(), " FROM api_keys WHERE id = ?"),
        params![id],
    )
}

/// Up to `count` of somebody's, newest first, from before the one with this id.
pub fn list(
    connection: &Connection,
    owner: Owner,
    before: Option<ApiKeyId>,
    count: u32,
) -> Result<Vec<Listed>, Error> {
    connection.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM api_keys WHERE account_id IS ?1 AND organization_id IS ?2 AND (?3 IS NULL OR id < ?3)
              ORDER BY id DESC LIMIT ?4"
        ),
        params![owner.account(), owner.organization(), before, count],
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
    id: ApiKeyId,
    secret: &Secret,
    old_ends_at: Timestamp,
) -> Result<Option<Listed>, Error> {
    tx.query_one(
        concat!(
            "UPDATE api_keys SET old_hash = hash, old_ends_at = ?4, hash = ?2, prefix = ?3, version = version + 1
             WHERE id = ?1 RETURNING ",
            columns!()
        ),
        params![id, secret.hash, secret.prefix, old_ends_at],
    )
}

/// Removes it.
pub fn remove(tx: &Transaction, id: ApiKeyId) -> Result<(), Error> {
    tx.execute("DELETE FROM api_keys WHERE id = ?", params![id])?;
    Ok(())
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
/// be removed, nor has the organisation ended that it is of.
pub fn good(connection: &Connection, secret: &Hash, now: Timestamp) -> Result<Option<Good>, Error> {
    connection.query_one(
        "SELECT k.id, k.account_id, a.email, k.organization_id, o.networks, k.scopes, k.rate_limit, k.last_used_at,
                CASE WHEN k.hash = ?1 THEN k.expires_at
                     ELSE min(k.old_ends_at, coalesce(k.expires_at, k.old_ends_at)) END AS expires_at,
                k.window_ends_at, k.window_used
         FROM api_keys k
         LEFT JOIN accounts a ON a.id = k.account_id
         LEFT JOIN organizations o ON o.id = k.organization_id AND NOT o.is_ended
         WHERE (k.hash = ?1 OR (k.old_hash = ?1 AND k.old_ends_at > ?2))
           AND (k.expires_at IS NULL OR k.expires_at > ?2)
           AND (a.id IS NOT NULL OR o.id IS NOT NULL)
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
