//! `/v1/orgs/{id}/members`: who belongs to an organisation. All members see each other, and so do its programs.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::network::ClientAddr;
use shared::storage::Transaction;
use shared::{
    Caller, Json, MemberRole, OrganizationId, Page, PageQuery, Path, Problem, Result, Timestamp,
    UserId, clock,
};

use super::{Asking, Reader, governed, mine, require_oneself, shown_to};
use crate::news;
use crate::organization::Member;
use crate::store::{DB, invitations, members};

/// A member, as the others see them.
#[derive(Debug, Serialize)]
pub struct Shown {
    user: UserId,
    role: MemberRole,
    /// As the profile has it, once there is one.
    email: Option<String>,
    name: Option<String>,
    joined_at: Timestamp,
}

impl From<Member> for Shown {
    fn from(member: Member) -> Self {
        Self {
            user: member.user_id,
            role: member.role,
            email: member.email,
            name: member.name,
            joined_at: member.joined_at,
        }
    }
}

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    role: MemberRole,
}

/// `GET`: lists a page of them.
pub async fn list(
    reader: Reader,
    from: ClientAddr,
    Path(id): Path<OrganizationId>,
    query: PageQuery,
) -> Result<Json<Page<Shown>>> {
    let db = DB.connect()?;
    shown_to(db, &reader, &from, id)?;
    let rows = members::list(db, id, query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |member| member.user_id)?;
    Ok(Json(page.map(Shown::from)))
}

/// `PATCH …/{user}`: makes a member another kind of one.
pub async fn change(
    caller: Caller,
    from: ClientAddr,
    Path((id, user)): Path<(OrganizationId, UserId)>,
    Json(body): Json<Body>,
) -> Result<Json<Shown>> {
    require_oneself(&caller)?;
    let now = clock::now();
    let changed = DB.transaction(|tx| {
        let before = member(tx, (&caller, &from), id, user)?;
        governed(tx, (&caller, &from), id, before.max(body.role))?;
        if body.role != before {
            if body.role != MemberRole::Owner {
                keep_an_owner(tx, id, user, before)?;
            }
            members::put(tx, id, user, body.role, now)?;
            invitations::outrank(tx, id, user, Some(body.role))?;
            news::member(tx, id, user, Some(body.role), now)?;
        }
        members::find(tx, id, user)?.ok_or_else(no_member)
    })?;
    news::tell().await;
    Ok(Json(changed.into()))
}

/// `DELETE …/{user}`: removes a member, or oneself.
pub async fn remove(
    caller: Caller,
    from: ClientAddr,
    Path((id, user)): Path<(OrganizationId, UserId)>,
) -> Result<StatusCode> {
    require_oneself(&caller)?;
    let now = clock::now();
    DB.transaction(|tx| {
        let role = member(tx, (&caller, &from), id, user)?;
        if user != caller.user {
            governed(tx, (&caller, &from), id, role)?;
        }
        keep_an_owner(tx, id, user, role)?;
        members::remove(tx, id, user)?;
        // Nor do they come back by another address of theirs.
        invitations::outrank(tx, id, user, None)?;
        news::member(tx, id, user, None, now)?;
        Ok::<_, Problem>(())
    })?;
    news::tell().await;
    Ok(StatusCode::NO_CONTENT)
}

/// What somebody is in an organisation of the caller's.
fn member(
    tx: &Transaction,
    asking: Asking,
    id: OrganizationId,
    user: UserId,
) -> Result<MemberRole> {
    mine(tx, asking, id)?;
    members::role(tx, id, user)?.ok_or_else(no_member)
}

/// 409 where there would be no owner left without this one.
fn keep_an_owner(
    tx: &Transaction,
    id: OrganizationId,
    user: UserId,
    role: MemberRole,
) -> Result<()> {
    if role == MemberRole::Owner && !members::has_other_owner(tx, id, user)? {
        return Err(Problem::conflict(
            "This is the last owner. Make another one first, or delete the organisation.",
        ));
    }
    Ok(())
}

fn no_member() -> Problem {
    Problem::not_found("There is no such member.")
}
