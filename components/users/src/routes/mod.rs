//! The endpoints, one a file.

pub mod invitations;
pub mod list;
pub mod me;
pub mod news;
pub mod orgs;
pub mod people;
pub mod user;

use serde::Serialize;
use shared::{Timestamp, UserId};

use crate::profile::Profile;

/// The permission to see everybody's profile.
const READ: &str = "users.read";

/// A user, as every endpoint shows one.
#[derive(Debug, Serialize)]
pub struct User {
    id: UserId,
    email: Option<String>,
    name: Option<String>,
    locale: Option<String>,
    /// The caller's own, which only the caller's token knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<String>>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl User {
    fn with_roles(self, roles: Vec<String>) -> Self {
        Self {
            roles: Some(roles),
            ..self
        }
    }
}

impl From<Profile> for User {
    fn from(profile: Profile) -> Self {
        Self {
            id: profile.id,
            email: profile.email,
            name: profile.name,
            locale: profile.locale,
            roles: None,
            created_at: profile.created_at,
            updated_at: profile.updated_at,
        }
    }
}
