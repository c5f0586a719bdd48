//! `/v1/auth/passkeys`: the keys that people's devices hold for them.

pub mod change;
pub mod list;
pub mod options;
pub mod register;
pub mod remove;
pub mod sign_in;

use serde::Serialize;
use shared::{FieldError, Timestamp};

use crate::store::passkeys::{Listed, PasskeyId};

/// In characters.
const NAME_LIMIT: usize = 100;

/// A passkey, as its owner sees it.
#[derive(Serialize)]
pub struct Shown {
    id: PasskeyId,
    name: String,
    /// Whether it is more than on one device.
    backed_up: bool,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

impl From<Listed> for Shown {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            name: listed.name,
            backed_up: listed.backed_up,
            created_at: listed.created_at,
            last_used_at: listed.last_used_at,
        }
    }
}

/// The name as it is stored, without space around it.
fn check_name(name: &str) -> Result<String, FieldError> {
    let name = name.trim();
    let is_name =
        (1..=NAME_LIMIT).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_name {
        Ok(name.to_owned())
    } else {
        Err(FieldError::new("name", "must have 1 to 100 characters"))
    }
}
