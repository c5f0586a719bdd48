//! `/v1/auth/api-keys`: keys for the programs of people and of organisations.

pub mod change;
pub mod create;
pub mod judge;
pub mod list;
mod owner;
pub mod revoke;
pub mod rotate;
pub mod show;

use axum::Router;
use axum::routing::{get, post};
use serde::{Deserialize, Deserializer, Serialize};
use shared::{OrganizationId, Problem, Timestamp};

use crate::api_key::{ApiKeyId, Scope};
use crate::store::api_keys::Listed;

pub fn router() -> Router {
    Router::new()
        .route("/v1/auth/api-keys", get(list::list).post(create::create))
        .route(
            "/v1/auth/api-keys/{id}",
            get(show::show).patch(change::change).delete(revoke::revoke),
        )
        .route("/v1/auth/api-keys/{id}/rotate", post(rotate::rotate))
        // Not from outside: no route of the manifest leads there.
        .route("/internal/api-keys", post(judge::judge))
}

/// A key, as its owner sees it.
#[derive(Serialize)]
struct Shown {
    id: ApiKeyId,
    /// Which it speaks for; none: for whoever made it.
    organization: Option<OrganizationId>,
    name: String,
    /// How its secret begins.
    prefix: String,
    scopes: Vec<Scope>,
    /// Requests a minute.
    rate_limit: Option<u32>,
    expires_at: Option<Timestamp>,
    /// Until when the secret before this one is good, where there was one.
    old_secret_ends_at: Option<Timestamp>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

/// A key whose secret is new: shown this once.
#[derive(Serialize)]
struct ShownOnce {
    #[serde(flatten)]
    key: Shown,
    secret: String,
}

impl From<Listed> for Shown {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            organization: listed.organization_id,
            scopes: listed.scopes(),
            name: listed.name,
            prefix: listed.prefix,
            rate_limit: listed.rate_limit,
            expires_at: listed.expires_at,
            old_secret_ends_at: listed.old_ends_at,
            created_at: listed.created_at,
            last_used_at: listed.last_used_at,
        }
    }
}

/// Tells a null from an absent field: this runs only for a field that is there.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// For one of somebody else, as for one that never was.
fn no_key() -> Problem {
    Problem::not_found("You have no such key.")
}
