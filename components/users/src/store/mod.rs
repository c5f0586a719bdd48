//! The `users` database: all SQL there is about it, a table a file.

pub mod invitations;
pub mod members;
pub mod organizations;
pub mod outbox;
pub mod profiles;

use shared::storage::{Database, Migration};

pub static DB: Database = Database::new("users", MIGRATIONS);

/// The migration of this name, from its file.
macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            sql: include_str!(concat!("../../migrations/", $name, ".sql")),
        }
    };
}

const MIGRATIONS: &[Migration] = &[
    migration!("0001_profiles"),
    migration!("0002_organizations"),
    migration!("0003_outbox"),
];
