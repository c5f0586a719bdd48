//! The `auth` database: all SQL there is about it, a table a file.

pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod audit_trail;
pub mod challenges;
pub mod deletions;
pub mod device_tokens;
pub mod devices;
pub mod directory;
pub mod guesses;
pub mod identities;
pub mod mail_requests;
pub mod oauth_clients;
pub mod oauth_consents;
pub mod oauth_grants;
pub mod organizations;
pub mod outbox;
pub mod passkeys;
pub mod passwords;
pub mod people;
pub mod recovery_codes;
pub mod revocations;
pub mod roles;
pub mod sessions;
pub mod signing_keys;
pub mod throttles;
pub mod totp;
pub mod webhook_deliveries;
pub mod webhook_endpoints;

use shared::storage::{Database, Migration};

pub static DB: Database = Database::new("auth", MIGRATIONS);

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
    migration!("0001_accounts"),
    migration!("0002_sessions"),
    migration!("0003_signing_keys"),
    migration!("0004_audit"),
    migration!("0005_passwords"),
    migration!("0006_session_proof"),
    migration!("0007_audit_chain"),
    migration!("0008_challenges"),
    migration!("0009_outbox"),
    migration!("0010_mail_quotas"),
    migration!("0011_devices"),
    migration!("0015_second_factors"),
    migration!("0016_passkeys"),
    migration!("0020_refresh_generations"),
    migration!("0021_revocations"),
    migration!("0022_signing_key_rotation"),
    migration!("0023_api_keys"),
    migration!("0030_throttles"),
    migration!("0031_roles"),
    migration!("0032_impersonation"),
    migration!("0040_webhooks"),
    migration!("0041_deletions"),
    migration!("0042_throttles_pending"),
    migration!("0050_identities"),
    migration!("0051_oauth_provider"),
    migration!("0060_organizations"),
    migration!("0061_organization_api_keys"),
    migration!("0062_signing_keys_revoke"),
    migration!("0075_vouched_addresses"),
];
