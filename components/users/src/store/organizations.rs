//! Organisations.

use shared::storage::{Connection, Error, params};
use shared::{OrganizationId, Timestamp, UserId};

use crate::organization::Organization;

/// Makes an organisation. It has no member yet.
pub fn create(tx: &Connection, name: &str, now: Timestamp) -> Result<Option<Organization>, Error> {
    tx.query_one(
        "INSERT INTO organizations (id, name, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)
         RETURNING id, name, networks, version, created_at, updated_at",
        params![OrganizationId::new(), name, now],
    )
}

/// The organisation with this id.
pub fn find(connection: &Connection, id: OrganizationId) -> Result<Option<Organization>, Error> {
    connection.query_one(
        "SELECT id, name, networks, version, created_at, updated_at FROM organizations WHERE id = ?",
        params![id],
    )
}

/// Up to `count` of those that somebody belongs to, after the one with this id.
pub fn of_user(
    connection: &Connection,
    user: UserId,
    after: Option<OrganizationId>,
    count: u32,
) -> Result<Vec<Organization>, Error> {
    connection.query(
        "SELECT o.id, o.name, o.networks, o.version, o.created_at, o.updated_at
         FROM members m JOIN organizations o ON o.id = m.organization_id
         WHERE m.user_id = ?1 AND o.id > coalesce(?2, '') ORDER BY o.id LIMIT ?3",
        params![user, after, count],
    )
}

/// Gives it another name or other networks, where they are named.
pub fn change(
    tx: &Connection,
    id: OrganizationId,
    name: Option<&str>,
    networks: Option<&[String]>,
    now: Timestamp,
) -> Result<Option<Organization>, Error> {
    // Cannot fail: a list of texts.
    let networks = networks.map(|networks| serde_json::to_string(networks).unwrap_or_default());
    tx.query_one(
        "UPDATE organizations
         SET name = coalesce(?2, name), networks = coalesce(?3, networks), version = version + 1, updated_at = ?4
         WHERE id = ?1
         RETURNING id, name, networks, version, created_at, updated_at",
        params![id, name, networks, now],
    )
}

/// Removes it, with its members and invitations.
pub fn delete(tx: &Connection, id: OrganizationId) -> Result<(), Error> {
    tx.execute("DELETE FROM organizations WHERE id = ?", params![id])?;
    Ok(())
}
