//! `/v1/users/me/invitations`: into which organisations the caller is invited. An invitation is for whoever has proven
//! that its address is theirs; there is no secret by which another could take it.

use axum::http::StatusCode;
use serde::Serialize;
use shared::{
    Caller, Json, MemberRole, OrganizationId, Page, PageQuery, Path, Problem, Result, Timestamp,
    clock,
};

use crate::news;
use crate::organization::{Invitation, InvitationId, LIMIT, MEMBERS};
use crate::store::{DB, invitations, members};

/// An invitation, as whoever is invited sees it.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: InvitationId,
    organization: Inviting,
    role: MemberRole,
    created_at: Timestamp,
    expires_at: Timestamp,
}

/// Who invites.
#[derive(Debug, Serialize)]
struct Inviting {
    id: OrganizationId,
    name: String,
}

/// What somebody has become.
#[derive(Debug, Serialize)]
pub struct Accepted {
    organization: OrganizationId,
    role: MemberRole,
}

impl From<Invitation> for Shown {
    fn from(it: Invitation) -> Self {
        Self {
            id: it.id,
            organization: Inviting {
                id: it.organization_id,
                name: it.organization,
            },
            role: it.role,
            created_at: it.created_at,
            expires_at: it.expires_at,
        }
    }
}

/// `GET`: lists a page of them.
pub async fn list(caller: Caller, query: PageQuery) -> Result<Json<Page<Shown>>> {
    let email = proven(&caller)?;
    let (after, count) = (query.after()?, query.fetch());
    let rows = invitations::list_to(DB.connect()?, email, after, count, clock::now())?;
    let page = Page::from_rows(rows, query.limit(), |invitation| invitation.id)?;
    Ok(Json(page.map(Shown::from)))
}

/// `POST …/{id}/accept`: the caller belongs to the organisation from now on. Who does already stays what they are, or
/// becomes what is more.
pub async fn accept(caller: Caller, Path(id): Path<InvitationId>) -> Result<Json<Accepted>> {
    let email = proven(&caller)?;
    let now = clock::now();
    let accepted = DB.transaction(|tx| {
        let invitation = invitations::to_address(tx, id, email, now)?.ok_or_else(no_invitation)?;
        let organization = invitation.organization_id;
        let before = members::role(tx, organization, caller.user)?;
        if before.is_none() {
            make_room(
                members::count_of(tx, caller.user)?,
                members::count(tx, organization)?,
            )?;
        }
        invitations::delete(tx, id)?;
        let role = before.map_or(invitation.role, |before| before.max(invitation.role));
        if before != Some(role) {
            members::put(tx, organization, caller.user, role, now)?;
            news::member(tx, organization, caller.user, Some(role), now)?;
        }
        Ok::<_, Problem>(Accepted { organization, role })
    })?;
    news::tell().await;
    Ok(Json(accepted))
}

/// `DELETE …/{id}`: the caller would rather not.
pub async fn decline(caller: Caller, Path(id): Path<InvitationId>) -> Result<StatusCode> {
    let email = proven(&caller)?;
    let now = clock::now();
    DB.transaction(|tx| {
        invitations::to_address(tx, id, email, now)?.ok_or_else(no_invitation)?;
        invitations::delete(tx, id)?;
        Ok::<_, Problem>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller's address, which is theirs.
fn proven(caller: &Caller) -> Result<&str> {
    if caller.actor.is_some() {
        return Err(Problem::forbidden(
            "This is for the account's owner alone, not for who acts as them.",
        ));
    }
    let email = caller.email.as_deref().filter(|_| caller.email_verified);
    email.ok_or_else(|| {
        Problem::forbidden("Confirm your address first: invitations are for whoever it belongs to.")
    })
}

fn make_room(organizations: u32, members: u32) -> Result<()> {
    if organizations >= LIMIT {
        let detail = format!("You are in {LIMIT} organisations already. Leave one.");
        Err(Problem::conflict(detail))
    } else if members >= MEMBERS {
        let detail = format!("This organisation has {MEMBERS} members, as many as there may be.");
        Err(Problem::conflict(detail))
    } else {
        Ok(())
    }
}

fn no_invitation() -> Problem {
    Problem::not_found("There is no such invitation for you.")
}
