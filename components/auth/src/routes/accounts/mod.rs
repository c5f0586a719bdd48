//! `/v1/auth/accounts`: other people's accounts, for those who look after them.

pub mod delete;
pub mod disable;
pub mod impersonate;
pub mod invite;
pub mod list;
pub mod reset_factors;
pub mod reset_password;
pub mod roles;
pub mod sessions;
pub mod show;

use axum::Router;
use axum::routing::{delete, get, post, put};
use serde::Serialize;
use shared::storage::{Error, Transaction};
use shared::{Timestamp, UserId};

use crate::origin::Origin;
use crate::store;
use crate::store::audit::{self, Entry, Event};
use crate::store::directory::Listed;

pub fn router() -> Router {
    Router::new()
        .route("/v1/auth/accounts", get(list::list).post(invite::invite))
        .route(
            "/v1/auth/accounts/{id}",
            get(show::show).delete(delete::delete),
        )
        .route("/v1/auth/accounts/{id}/disable", post(disable::disable))
        .route("/v1/auth/accounts/{id}/enable", post(disable::enable))
        .route(
            "/v1/auth/accounts/{id}/reset-password",
            post(reset_password::reset),
        )
        .route(
            "/v1/auth/accounts/{id}/factors",
            delete(reset_factors::reset),
        )
        .route(
            "/v1/auth/accounts/{id}/sessions",
            get(sessions::list).delete(sessions::end_all),
        )
        .route(
            "/v1/auth/accounts/{id}/sessions/{session}",
            delete(sessions::end),
        )
        .route(
            "/v1/auth/accounts/{id}/impersonate",
            post(impersonate::begin),
        )
        .route(
            "/v1/auth/accounts/{id}/roles/{role}",
            put(roles::grant).delete(roles::take),
        )
}

/// An account, as those see it who look after it.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: UserId,
    email: String,
    email_verified: bool,
    /// Whose word that is, where no mail of ours proved it.
    email_vouched_by: Option<String>,
    name: Option<String>,
    status: Status,
    roles: Vec<String>,
    created_at: Timestamp,
    last_seen_at: Option<Timestamp>,
    disabled_at: Option<Timestamp>,
    deletion_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Disabled,
    /// Its owner asked to have it removed, and can still take that back.
    Deleting,
}

impl Shown {
    fn new(account: Listed, admin_email: &str) -> Self {
        Self {
            id: account.id,
            roles: account.roles(admin_email),
            email_verified: account.email_verified_at.is_some(),
            email_vouched_by: account.email_vouched_by,
            email: account.email,
            name: account.name,
            status: match (account.disabled_at, account.deletion_at) {
                (Some(_), _) => Status::Disabled,
                (None, Some(_)) => Status::Deleting,
                (None, None) => Status::Active,
            },
            created_at: account.created_at,
            last_seen_at: account.last_seen_at,
            disabled_at: account.disabled_at,
            deletion_at: account.deletion_at,
        }
    }
}

/// Ends all sessions of somebody, because `actor` says so.
fn end_sessions(
    tx: &Transaction,
    account: UserId,
    actor: UserId,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    for session in store::sessions::end_all(tx, account, None)? {
        let entry = Entry::about(Event::SessionRevoked, account)
            .with_actor(actor)
            .with_object(&session);
        audit::record(tx, &entry, origin, now)?;
    }
    Ok(())
}
