//! `/internal/people/{id}`: what is known about somebody, for `auth` to export, and to be forgotten. No
//! route of the manifest leads here.

use axum::http::StatusCode;
use serde::Serialize;
use shared::internal::Internal;
use shared::storage::{Error, Transaction};
use shared::{
    Json, MemberRole, OrganizationId, Page, PageQuery, Path, Result, Timestamp, UserId, clock,
};

use super::User;
use crate::news;
use crate::store::{DB, invitations, members, organizations, profiles};

/// An organisation that somebody belongs to.
#[derive(Debug, Serialize)]
pub struct Belonging {
    id: OrganizationId,
    name: String,
    role: Option<MemberRole>,
    joined_at: Option<Timestamp>,
}

/// `GET /internal/people/{id}/profile`: the profile, as a list of at most one.
pub async fn profile(_: Internal, Path(id): Path<UserId>) -> Result<Json<Page<User>>> {
    let profile = profiles::find(id)?;
    Ok(Json(Page {
        data: profile.into_iter().map(User::from).collect(),
        next_cursor: None,
    }))
}

/// `GET /internal/people/{id}/organizations`: what somebody belongs to, and as what.
pub async fn organizations(
    _: Internal,
    Path(id): Path<UserId>,
    query: PageQuery,
) -> Result<Json<Page<Belonging>>> {
    let db = DB.connect()?;
    let rows = organizations::of_user(db, id, query.after()?, query.fetch())?;
    let page = Page::from_rows(rows, query.limit(), |organization| organization.id)?;
    let mut data = Vec::with_capacity(page.data.len());
    for organization in page.data {
        let member = members::find(db, organization.id, id)?;
        data.push(Belonging {
            id: organization.id,
            name: organization.name,
            role: member.as_ref().map(|member| member.role),
            joined_at: member.map(|member| member.joined_at),
        });
    }
    Ok(Json(Page {
        data,
        next_cursor: page.next_cursor,
    }))
}

/// `DELETE /internal/people/{id}`: forgets everything. Asked again, there is nothing left to do.
pub async fn forget(_: Internal, Path(id): Path<UserId>) -> Result<StatusCode> {
    let now = clock::now();
    DB.transaction(|tx| {
        while let Some(organization) = organizations::of_user(tx, id, None, 1)?.pop() {
            leave(tx, organization.id, id, now)?;
        }
        if let Some(email) = profiles::find(id)?.and_then(|profile| profile.email) {
            invitations::forget(tx, &email)?;
        }
        profiles::delete(tx, id)?;
        Ok::<_, shared::Problem>(())
    })?;
    news::tell().await;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody out of an organisation. Where they were its last owner another member takes over, and without any it
/// ends.
fn leave(
    tx: &Transaction,
    organization: OrganizationId,
    user: UserId,
    now: Timestamp,
) -> Result<(), Error> {
    match members::successor(tx, organization, user)? {
        None => {
            organizations::delete(tx, organization)?;
            news::ended(tx, organization, now)
        }
        Some(successor) => {
            if !members::has_other_owner(tx, organization, user)? {
                members::put(tx, organization, successor, MemberRole::Owner, now)?;
                news::member(tx, organization, successor, Some(MemberRole::Owner), now)?;
            }
            members::remove(tx, organization, user)?;
            invitations::outrank(tx, organization, user, None)?;
            news::member(tx, organization, user, None, now)
        }
    }
}
