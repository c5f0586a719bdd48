//! What is known here of organisations: from where their members act, and who they are. See the migration.

use serde::Deserialize;
use shared::storage::{Connection, Error, Transaction, params};
use shared::{MemberRole, OrganizationId, SessionId, UserId};

/// In which organisation a session's owner acts, as tokens tell of it.
#[derive(Debug, Deserialize)]
pub struct Acting {
    pub organization: OrganizationId,
    pub role: MemberRole,
    /// JSON: an array of texts.
    networks: String,
    /// The versions of the latest changes: of the organisation, and of the owner's place in it.
    pub organization_changed: i64,
    pub member_changed: i64,
}

impl Acting {
    /// From where members may act in it; none: from anywhere.
    pub fn networks(&self) -> Vec<String> {
        list(&self.networks)
    }
}

/// The networks that a column holds. What cannot be read lets nobody in.
pub fn list(networks: &str) -> Vec<String> {
    serde_json::from_str(networks).unwrap_or_else(|_| vec![networks.to_owned()])
}

/// An organisation is as it is now.
pub fn put(
    tx: &Transaction,
    id: OrganizationId,
    networks: &[String],
    version: i64,
) -> Result<(), Error> {
    // Cannot fail: a list of texts.
    let networks = serde_json::to_string(networks).unwrap_or_default();
    tx.execute(
        "INSERT INTO organizations (id, networks, version, changed) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT (id) DO UPDATE
         SET networks = ?2, version = ?3, changed = CASE WHEN networks = ?2 THEN changed ELSE ?3 END
         WHERE version < ?3 AND NOT is_ended",
        params![id, networks, version],
    )?;
    Ok(())
}

/// An organisation is no more, nor what it had.
pub fn end(tx: &Transaction, id: OrganizationId, version: i64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO organizations (id, is_ended, version, changed) VALUES (?1, 1, ?2, ?2)
         ON CONFLICT (id) DO UPDATE SET is_ended = 1, version = ?2, changed = ?2 WHERE NOT is_ended",
        params![id, version],
    )?;
    Ok(())
}

/// Somebody is this in an organisation now, or nothing. Nobody is where there is no such account.
pub fn put_member(
    tx: &Transaction,
    organization: OrganizationId,
    user: UserId,
    role: Option<MemberRole>,
    version: i64,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO memberships (organization_id, user_id, role, version, changed)
         SELECT ?1, id, ?3, ?4, ?4 FROM accounts WHERE id = ?2
         ON CONFLICT (organization_id, user_id) DO UPDATE
         SET role = ?3, version = ?4, changed = CASE WHEN role IS ?3 THEN changed ELSE ?4 END
         WHERE version < ?4",
        params![organization, user, role, version],
    )?;
    Ok(())
}

/// Where a session's owner acts, if anywhere: they chose it, and belong to it still.
pub fn acting(connection: &Connection, session: SessionId) -> Result<Option<Acting>, Error> {
    connection.query_one(
        "SELECT o.id AS organization, m.role, o.networks, o.changed AS organization_changed,
                m.changed AS member_changed
         FROM sessions s
         JOIN memberships m ON m.organization_id = s.organization_id AND m.user_id = s.account_id
         JOIN organizations o ON o.id = m.organization_id
         WHERE s.id = ? AND s.actor_id IS NULL AND m.role IS NOT NULL AND NOT o.is_ended",
        params![session],
    )
}

/// What somebody is in an organisation, and from where its members act.
pub fn place(
    connection: &Connection,
    organization: OrganizationId,
    user: UserId,
) -> Result<Option<(MemberRole, Vec<String>)>, Error> {
    let found: Option<(MemberRole, String)> = connection.query_one(
        "SELECT m.role, o.networks FROM memberships m JOIN organizations o ON o.id = m.organization_id
         WHERE m.organization_id = ? AND m.user_id = ? AND m.role IS NOT NULL AND NOT o.is_ended",
        params![organization, user],
    )?;
    Ok(found.map(|(role, networks)| (role, list(&networks))))
}

/// Has a session's owner act in this organisation from now on, or in none. False where they do already.
pub fn choose(
    tx: &Transaction,
    session: SessionId,
    organization: Option<OrganizationId>,
) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE sessions SET organization_id = ?1 WHERE id = ?2 AND organization_id IS NOT ?1",
        params![organization, session],
    )?;
    Ok(changed > 0)
}
