//! Who people are elsewhere.

use serde::{Deserialize, Serialize};
use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

use super::DB;
use crate::federation::Person;

shared::id!(
    /// One person at one provider.
    pub IdentityId, "idn"
);

/// What an [`Identity`] is read from.
macro_rules! columns {
    () => {
        "id, provider, email, created_at, last_used_at"
    };
}

/// An identity, as its owner sees it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Identity {
    pub id: IdentityId,
    /// The provider's id in our configuration when it was linked.
    pub provider: String,
    /// The address that it had there then.
    pub email: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
}

/// The account of whoever this issuer calls so; it was used `now`.
pub fn use_(
    connection: &Connection,
    issuer: &str,
    subject: &str,
    now: Timestamp,
) -> Result<Option<UserId>, Error> {
    connection.query_one(
        "UPDATE identities SET last_used_at = ?3 WHERE issuer = ?1 AND subject = ?2 RETURNING account_id",
        params![issuer, subject, now],
    )
}

/// Gives the account an identity. A unique violation where it is some account's already.
pub fn add(
    connection: &Connection,
    account: UserId,
    person: &Person,
    now: Timestamp,
) -> Result<Identity, Error> {
    let identity = Identity {
        id: IdentityId::new(),
        provider: person.provider.clone(),
        email: person.verified_email.clone(),
        created_at: now,
        last_used_at: now,
    };
    connection.execute(
        "INSERT INTO identities (id, account_id, provider, issuer, subject, email, created_at, last_used_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
        params![
            identity.id,
            account,
            identity.provider,
            person.issuer,
            person.subject,
            identity.email,
            now
        ],
    )?;
    Ok(identity)
}

/// As [`list`], in a transaction.
pub fn list_in(
    connection: &Connection,
    account: UserId,
    before: Option<IdentityId>,
    count: u32,
) -> Result<Vec<Identity>, Error> {
    connection.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM identities WHERE account_id = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3"
        ),
        params![account, before, count],
    )
}

/// Up to `count` identities of the account, newest first, from before the one with this id.
pub fn list(
    account: UserId,
    before: Option<IdentityId>,
    count: u32,
) -> Result<Vec<Identity>, Error> {
    list_in(DB.connect()?, account, before, count)
}

/// Takes an identity from the account. False where the account has none of this id.
pub fn remove(connection: &Connection, account: UserId, id: IdentityId) -> Result<bool, Error> {
    let removed = connection.execute(
        "DELETE FROM identities WHERE id = ? AND account_id = ?",
        params![id, account],
    )?;
    Ok(removed > 0)
}

/// Takes every identity from the account.
pub fn remove_all(connection: &Connection, account: UserId) -> Result<(), Error> {
    connection.execute(
        "DELETE FROM identities WHERE account_id = ?",
        params![account],
    )?;
    Ok(())
}
