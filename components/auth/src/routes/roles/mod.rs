//! `/v1/auth/roles`: roles of the application's own. The built-in ones are shown among them, and stay what they are.

pub mod change;
pub mod create;
pub mod delete;
pub mod list;
pub mod show;

use axum::Router;
use axum::routing::get;
use serde::Serialize;
use shared::storage::Transaction;
use shared::{FieldError, Permissions, Problem, Result, Timestamp};

use crate::role;
use crate::store::roles::{self, Role};

pub fn router() -> Router {
    Router::new()
        .route("/v1/auth/roles", get(list::list).post(create::create))
        .route(
            "/v1/auth/roles/{name}",
            get(show::show).patch(change::change).delete(delete::delete),
        )
}

/// A role, as administrators see it.
#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    description: Option<String>,
    permissions: Vec<String>,
    built_in: bool,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

impl From<Role> for Shown {
    fn from(role: Role) -> Self {
        Self {
            permissions: role.permissions().iter().map(str::to_owned).collect(),
            name: role.name,
            description: role.description,
            built_in: false,
            created_at: Some(role.created_at),
            updated_at: Some(role.updated_at),
        }
    }
}

impl Shown {
    /// The built-in role of this name.
    fn built_in(name: &str) -> Option<Self> {
        let permissions = role::built_in(name)?;
        Some(Self {
            name: name.to_owned(),
            description: None,
            permissions: permissions.iter().map(str::to_owned).collect(),
            built_in: true,
            created_at: None,
            updated_at: None,
        })
    }
}

/// 422 where the permissions of all roles together, and these, are more than fit into a token.
fn check_vocabulary(tx: &Transaction, permissions: &Permissions) -> Result<()> {
    let mut all = roles::vocabulary(tx)?;
    all.extend(permissions.iter().map(str::to_owned));
    all.sort_unstable();
    all.dedup();
    if role::fit(&all) {
        return Ok(());
    }
    let message = "are, with those of the other roles, more than fit into tokens";
    Err(Problem::invalid(vec![FieldError::new(
        "permissions",
        message,
    )]))
}

fn no_role() -> Problem {
    Problem::not_found("There is no such role.")
}

fn is_built_in() -> Problem {
    Problem::conflict("This role is built in, and stays as it is.")
}
