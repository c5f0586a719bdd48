//! The only room with SQL. What it refuses by itself is in `migrations/`; here are the statements.

pub mod catalogue;
pub mod invoices;
pub mod ledger;
pub mod subscriptions;
pub mod usage;

use shared::storage::{Database, Migration};

/// The component's database, under the label that the manifest grants.
pub static DB: Database = Database::new("billing", MIGRATIONS);

const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_catalogue",
        sql: include_str!("../../migrations/0001_catalogue.sql"),
    },
    Migration {
        name: "0002_subscriptions",
        sql: include_str!("../../migrations/0002_subscriptions.sql"),
    },
    Migration {
        name: "0003_usage",
        sql: include_str!("../../migrations/0003_usage.sql"),
    },
    Migration {
        name: "0004_ledger",
        sql: include_str!("../../migrations/0004_ledger.sql"),
    },
    Migration {
        name: "0005_invoices",
        sql: include_str!("../../migrations/0005_invoices.sql"),
    },
];
