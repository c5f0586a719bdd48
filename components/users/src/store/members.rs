//! Who belongs to which organisation.

use shared::storage::{Connection, Error, params};
use shared::{MemberRole, OrganizationId, Timestamp, UserId};

use crate::organization::Member;

/// What somebody is in an organisation; none where nothing.
pub fn role(
    connection: &Connection,
    organization: OrganizationId,
    user: UserId,
) -> Result<Option<MemberRole>, Error> {
    connection.query_one(
        "SELECT role FROM members WHERE organization_id = ? AND user_id = ?",
        params![organization, user],
    )
}

/// Makes somebody a member, or another kind of one.
pub fn put(
    tx: &Connection,
    organization: OrganizationId,
    user: UserId,
    role: MemberRole,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO members (organization_id, user_id, role, joined_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role",
        params![organization, user, role, now],
    )?;
    Ok(())
}

/// Makes somebody a member no longer.
pub fn remove(tx: &Connection, organization: OrganizationId, user: UserId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM members WHERE organization_id = ? AND user_id = ?",
        params![organization, user],
    )?;
    Ok(())
}

/// One member, as others see them.
pub fn find(
    connection: &Connection,
    organization: OrganizationId,
    user: UserId,
) -> Result<Option<Member>, Error> {
    connection.query_one(
        "SELECT m.user_id, m.role, p.email, p.name, m.joined_at
         FROM members m LEFT JOIN profiles p ON p.id = m.user_id
         WHERE m.organization_id = ? AND m.user_id = ?",
        params![organization, user],
    )
}

/// Up to `count` members after the one with this id.
pub fn list(
    connection: &Connection,
    organization: OrganizationId,
    after: Option<UserId>,
    count: u32,
) -> Result<Vec<Member>, Error> {
    connection.query(
        "SELECT m.user_id, m.role, p.email, p.name, m.joined_at
         FROM members m LEFT JOIN profiles p ON p.id = m.user_id
         WHERE m.organization_id = ?1 AND m.user_id > coalesce(?2, '') ORDER BY m.user_id LIMIT ?3",
        params![organization, after, count],
    )
}

/// How many members an organisation has.
pub fn count(connection: &Connection, organization: OrganizationId) -> Result<u32, Error> {
    let count = connection.query_one(
        "SELECT count(*) FROM members WHERE organization_id = ?",
        params![organization],
    )?;
    Ok(count.unwrap_or(0))
}

/// In how many organisations somebody is.
pub fn count_of(connection: &Connection, user: UserId) -> Result<u32, Error> {
    let count = connection.query_one(
        "SELECT count(*) FROM members WHERE user_id = ?",
        params![user],
    )?;
    Ok(count.unwrap_or(0))
}

/// Whether it has an owner besides this one.
pub fn has_other_owner(
    connection: &Connection,
    organization: OrganizationId,
    user: UserId,
) -> Result<bool, Error> {
    let found: Option<i64> = connection.query_one(
        "SELECT 1 FROM members WHERE organization_id = ? AND role = 'owner' AND user_id <> ? LIMIT 1",
        params![organization, user],
    )?;
    Ok(found.is_some())
}

/// Who takes over where the last owner goes: of the others the highest, of those who has been there longest.
pub fn successor(
    connection: &Connection,
    organization: OrganizationId,
    user: UserId,
) -> Result<Option<UserId>, Error> {
    connection.query_one(
        "SELECT user_id FROM members WHERE organization_id = ? AND user_id <> ?
         ORDER BY role = 'owner' DESC, role = 'admin' DESC, joined_at, user_id LIMIT 1",
        params![organization, user],
    )
}
