//! The `auth` database: all SQL there is about it, a table a file.

pub mod accounts;
pub mod audit;
pub mod sessions;
pub mod signing_keys;

use shared::storage::{Database, Migration};

pub static DB: Database = Database::new("auth", MIGRATIONS);

const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_accounts",
        sql: include_str!("../../migrations/0001_accounts.sql"),
    },
    Migration {
        name: "0002_sessions",
        sql: include_str!("../../migrations/0002_sessions.sql"),
    },
    Migration {
        name: "0003_signing_keys",
        sql: include_str!("../../migrations/0003_signing_keys.sql"),
    },
    Migration {
        name: "0004_audit",
        sql: include_str!("../../migrations/0004_audit.sql"),
    },
];
