//! `/v1/orgs/{id}/invitations`: who is asked to belong to an organisation, by those who look after it. The answer is the
//! same whether the address is of somebody who uses the application or not.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use shared::network::ClientAddr;
use shared::{
    Caller, Json, MemberRole, OrganizationId, Page, PageQuery, Path, Problem, Result, Timestamp,
    UserId, clock,
};

use super::{governed, require_oneself, require_proven};
use crate::news;
use crate::organization::{INVITATIONS, Invitation, InvitationId, check_email};
use crate::store::{DB, invitations};

/// An invitation, as those see it who look after the organisation.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: InvitationId,
    email: String,
    role: MemberRole,
    invited_by: UserId,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl From<Invitation> for Shown {
    fn from(it: Invitation) -> Self {
        Self {
            id: it.id,
            email: it.email,
            role: it.role,
            invited_by: it.invited_by,
            created_at: it.created_at,
            expires_at: it.expires_at,
        }
    }
}

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    email: String,
    #[serde(default = "member")]
    role: MemberRole,
}

fn member() -> MemberRole {
    MemberRole::Member
}

/// `GET`: lists a page of those that are good.
pub async fn list(
    caller: Caller,
    from: ClientAddr,
    Path(id): Path<OrganizationId>,
    query: PageQuery,
) -> Result<Json<Page<Shown>>> {
    let db = DB.connect()?;
    governed(db, (&caller, &from), id, MemberRole::Member)?;
    let rows = invitations::list_of(db, id, query.after()?, query.fetch(), clock::now())?;
    let page = Page::from_rows(rows, query.limit(), |invitation| invitation.id)?;
    Ok(Json(page.map(Shown::from)))
}

/// `POST`: invites an address, and has it told by mail. One that is invited already is invited anew,
/// by whoever could take that invitation back.
pub async fn create(
    caller: Caller,
    from: ClientAddr,
    Path(id): Path<OrganizationId>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    require_oneself(&caller)?;
    require_proven(&caller)?;
    let email = check_email(&body.email).map_err(|error| Problem::invalid(vec![error]))?;
    let now = clock::now();
    let made = DB.transaction(|tx| {
        let before = invitations::role_of(tx, id, &email, now)?;
        let highest = before.map_or(body.role, |before| before.max(body.role));
        governed(tx, (&caller, &from), id, highest)?;
        if invitations::count(tx, id, now)? >= INVITATIONS {
            let detail = format!("{INVITATIONS} are invited already. Withdraw an invitation.");
            return Err(Problem::conflict(detail));
        }
        let made = invitations::create(tx, id, &email, body.role, caller.user, now)?;
        let made = made.ok_or_else(no_invitation)?;
        news::invitation(tx, &made, now)?;
        Ok(made)
    })?;
    news::tell().await;
    Ok((StatusCode::CREATED, Json(Shown::from(made))))
}

/// `DELETE …/{invitation}`: takes an invitation back.
pub async fn withdraw(
    caller: Caller,
    from: ClientAddr,
    Path((id, invitation)): Path<(OrganizationId, InvitationId)>,
) -> Result<StatusCode> {
    require_oneself(&caller)?;
    DB.transaction(|tx| {
        governed(tx, (&caller, &from), id, MemberRole::Member)?;
        let role = invitations::role(tx, id, invitation)?.ok_or_else(no_invitation)?;
        governed(tx, (&caller, &from), id, role)?;
        invitations::delete(tx, invitation)?;
        Ok::<_, Problem>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

fn no_invitation() -> Problem {
    Problem::not_found("There is no such invitation.")
}
