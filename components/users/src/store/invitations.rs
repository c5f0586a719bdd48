//! Who is asked to belong to which organisation.

use shared::storage::{Connection, Error, params};
use shared::{MemberRole, OrganizationId, Timestamp, UserId};

use crate::organization::{INVITATION, Invitation, InvitationId};

/// What an invitation is selected as.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.organization_id, o.name AS organization, i.email, i.role, i.invited_by,
                    i.created_at, i.expires_at
             FROM invitations i JOIN organizations o ON o.id = i.organization_id ",
            $rest
        )
    };
}

/// Invites an address. One that is invited already is invited anew.
pub fn create(
    tx: &Connection,
    organization: OrganizationId,
    email: &str,
    role: MemberRole,
    invited_by: UserId,
    now: Timestamp,
) -> Result<Option<Invitation>, Error> {
    let id = InvitationId::new();
    tx.execute(
        "DELETE FROM invitations WHERE organization_id = ?1 AND (email = ?2 OR expires_at <= ?3)",
        params![organization, email, now],
    )?;
    tx.execute(
        "INSERT INTO invitations (id, organization_id, email, role, invited_by, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![id, organization, email, role, invited_by, now, now.plus(INVITATION)],
    )?;
    tx.query_one(select!("WHERE i.id = ?"), params![id])
}

/// An invitation that is good, to this address.
pub fn to_address(
    connection: &Connection,
    id: InvitationId,
    email: &str,
    now: Timestamp,
) -> Result<Option<Invitation>, Error> {
    connection.query_one(
        select!("WHERE i.id = ? AND i.email = ? AND i.expires_at > ?"),
        params![id, email, now],
    )
}

/// Up to `count` invitations to this address after the one with this id, those alone that are good.
pub fn list_to(
    connection: &Connection,
    email: &str,
    after: Option<InvitationId>,
    count: u32,
    now: Timestamp,
) -> Result<Vec<Invitation>, Error> {
    connection.query(
        select!("WHERE i.email = ?1 AND i.expires_at > ?2 AND i.id > coalesce(?3, '') ORDER BY i.id LIMIT ?4"),
        params![email, now, after, count],
    )
}

/// Up to `count` invitations into an organisation after the one with this id, those alone that are good.
pub fn list_of(
    connection: &Connection,
    organization: OrganizationId,
    after: Option<InvitationId>,
    count: u32,
    now: Timestamp,
) -> Result<Vec<Invitation>, Error> {
    connection.query(
        select!(
            "WHERE i.organization_id = ?1 AND i.expires_at > ?2 AND i.id > coalesce(?3, '')
             ORDER BY i.id LIMIT ?4"
        ),
        params![organization, now, after, count],
    )
}

/// How many an organisation has sent that are good.
pub fn count(
    connection: &Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<u32, Error> {
    let count = connection.query_one(
        "SELECT count(*) FROM invitations WHERE organization_id = ? AND expires_at > ?",
        params![organization, now],
    )?;
    Ok(count.unwrap_or(0))
}

/// What an invitation of this organisation is to make of somebody; none where there is no such one.
pub fn role(
    connection: &Connection,
    organization: OrganizationId,
    id: InvitationId,
) -> Result<Option<MemberRole>, Error> {
    connection.query_one(
        "SELECT role FROM invitations WHERE organization_id = ? AND id = ?",
        params![organization, id],
    )
}

/// What somebody is invited as into an organisation, by their address.
pub fn role_of(
    connection: &Connection,
    organization: OrganizationId,
    email: &str,
    now: Timestamp,
) -> Result<Option<MemberRole>, Error> {
    connection.query_one(
        "SELECT role FROM invitations WHERE organization_id = ? AND email = ? AND expires_at > ?",
        params![organization, email, now],
    )
}

/// Takes back what somebody invited to that they could not invite to as `role`, if they are anything any more.
pub fn outrank(
    tx: &Connection,
    organization: OrganizationId,
    invited_by: UserId,
    role: Option<MemberRole>,
) -> Result<(), Error> {
    for above in [MemberRole::Member, MemberRole::Admin, MemberRole::Owner] {
        if role.is_none_or(|role| !role.governs(above)) {
            tx.execute(
                "DELETE FROM invitations WHERE organization_id = ? AND invited_by = ? AND role = ?",
                params![organization, invited_by, above],
            )?;
        }
    }
    Ok(())
}

/// Takes an invitation back, or uses it up.
pub fn delete(tx: &Connection, id: InvitationId) -> Result<(), Error> {
    tx.execute("DELETE FROM invitations WHERE id = ?", params![id])?;
    Ok(())
}

/// Forgets that somebody was invited, at this address.
pub fn forget(tx: &Connection, email: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM invitations WHERE email = ?", params![email])?;
    Ok(())
}
