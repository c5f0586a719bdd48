//! `/v1/orgs`: organisations, their members, and who is invited. To whoever does not belong to one there is none.

mod change;
mod create;
mod delete;
mod invitations;
mod list;
mod members;
mod show;

use axum::Router;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::routing::{delete as remove, get, patch};
use serde::Serialize;
use shared::caller::OrganizationKey;
use shared::network::ClientAddr;
use shared::storage::Connection;
use shared::{Caller, MemberRole, OrganizationId, Problem, Result, Timestamp};

use crate::organization::Organization;
use crate::store::{members as member_rows, organizations};

/// The routes of organisations.
pub fn router() -> Router {
    Router::new()
        .route("/v1/orgs", get(list::list).post(create::create))
        .route(
            "/v1/orgs/{id}",
            get(show::show).patch(change::change).delete(delete::delete),
        )
        .route("/v1/orgs/{id}/members", get(members::list))
        .route(
            "/v1/orgs/{id}/members/{user}",
            patch(members::change).delete(members::remove),
        )
        .route(
            "/v1/orgs/{id}/invitations",
            get(invitations::list).post(invitations::create),
        )
        .route(
            "/v1/orgs/{id}/invitations/{invitation}",
            remove(invitations::withdraw),
        )
}

/// An organisation, as its members see it.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: OrganizationId,
    name: String,
    /// From where members may act in it; none: from anywhere.
    networks: Vec<String>,
    /// What the caller is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<MemberRole>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Shown {
    fn new(it: Organization, role: Option<MemberRole>) -> Self {
        Self {
            networks: it.networks(),
            id: it.id,
            name: it.name,
            role,
            created_at: it.created_at,
            updated_at: it.updated_at,
        }
    }
}

/// Somebody, and from where they ask.
type Asking<'a> = (&'a Caller, &'a ClientAddr);

/// An organisation that the caller belongs to, and as what: 404 for others, 403 from outside of its networks.
fn mine(
    connection: &Connection,
    (caller, from): Asking,
    id: OrganizationId,
) -> Result<(Organization, MemberRole)> {
    let role = member_rows::role(connection, id, caller.user)?;
    let found = organizations::find(connection, id)?;
    let (organization, role) = found.zip(role).ok_or_else(no_organization)?;
    match organization.admits(from) {
        true => Ok((organization, role)),
        false => Err(Problem::forbidden(
            "From this network nobody acts in this organisation.",
        )),
    }
}

/// Who may look at an organisation: its members, and programs that have one of its keys.
enum Reader {
    Person(Caller),
    Program(OrganizationKey),
}

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let key: Option<OrganizationKey> =
            <OrganizationKey as OptionalFromRequestParts<S>>::from_request_parts(parts, state)
                .await?;
        match key {
            Some(key) => Ok(Self::Program(key)),
            None => {
                let caller = <Caller as FromRequestParts<S>>::from_request_parts(parts, state);
                caller.await.map(Self::Person)
            }
        }
    }
}

/// The organisation, and what the reader is in it: a program is nothing. The guard saw to it that the program asks from
/// the organisation's networks.
fn shown_to(
    connection: &Connection,
    reader: &Reader,
    from: &ClientAddr,
    id: OrganizationId,
) -> Result<(Organization, Option<MemberRole>)> {
    match reader {
        Reader::Person(caller) => {
            let (organization, role) = mine(connection, (caller, from), id)?;
            Ok((organization, Some(role)))
        }
        Reader::Program(key) => {
            let found = organizations::find(connection, key.organization)?;
            let found = found.filter(|organization| organization.id == id);
            Ok((found.ok_or_else(no_organization)?, None))
        }
    }
}

/// The same, where the caller governs this role in it.
fn governed(
    connection: &Connection,
    asking: Asking,
    id: OrganizationId,
    role: MemberRole,
) -> Result<(Organization, MemberRole)> {
    let (organization, own) = mine(connection, asking, id)?;
    if own.governs(role) {
        Ok((organization, own))
    } else {
        let detail = format!("You are {own} here. It takes more to look after what is {role}.");
        Err(Problem::forbidden(detail))
    }
}

/// 403 for whoever acts as somebody else: who belongs to what is for themselves to say.
fn require_oneself(caller: &Caller) -> Result<()> {
    match caller.actor {
        None => Ok(()),
        Some(_) => Err(Problem::forbidden(
            "This is for the account's owner alone, not for who acts as them.",
        )),
    }
}

/// 403 where the caller's address is not proven: who signed up with somebody else's must belong to nothing, and have given
/// no keys to it, when that one takes the account over; and nobody unknown has mail sent to others in our name.
fn require_proven(caller: &Caller) -> Result<()> {
    match caller.email_verified {
        true => Ok(()),
        false => Err(Problem::forbidden("Confirm your own address first.")),
    }
}

fn no_organization() -> Problem {
    Problem::not_found("There is no such organisation.")
}
