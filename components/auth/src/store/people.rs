//! All that is known here about one person, for them to see: a statement for each kind of thing, which makes
//! a JSON object of each row. Secrets, and hashes of secrets, are not among it.

use serde_json::Value;
use shared::UserId;
use shared::storage::{Connection, Error, params};

/// RFC 3339 of a column of milliseconds.
macro_rules! time {
    ($column:literal) => {
        concat!(
            "strftime('%Y-%m-%dT%H:%M:%fZ', ",
            $column,
            " / 1000.0, 'unixepoch')"
        )
    };
}

/// What is exported: a name, and the rows that belong to the account `?1`.
const SECTIONS: &[(&str, &str)] = &[
    (
        "account",
        concat!(
            "SELECT json_object('id', id, 'email', email, 'name', name,
                    'created_at', ",
            time!("created_at"),
            ", 'email_verified_at', ",
            time!("email_verified_at"),
            ", 'email_vouched_by', email_vouched_by) FROM accounts WHERE id = ?1"
        ),
    ),
    (
        "roles",
        concat!(
            "SELECT json_object('role', role, 'granted_at', ",
            time!("granted_at"),
            ") FROM account_roles WHERE account_id = ?1 ORDER BY role"
        ),
    ),
    (
        "password",
        concat!(
            "SELECT json_object('changed_at', ",
            time!("changed_at"),
            ") FROM passwords WHERE account_id = ?1"
        ),
    ),
    (
        "sessions",
        concat!(
            "SELECT json_object('id', id, 'ip', ip, 'user_agent', user_agent, 'methods', methods,
                    'created_at', ",
            time!("created_at"),
            ", 'last_used_at', ",
            time!("last_used_at"),
            ") FROM sessions WHERE account_id = ?1 ORDER BY id"
        ),
    ),
    (
        "devices",
        concat!(
            "SELECT json_object('last_used_at', ",
            time!("last_used_at"),
            ") FROM devices WHERE account_id = ?1 ORDER BY last_used_at"
        ),
    ),
    (
        "authenticator",
        concat!(
            "SELECT json_object('confirmed_at', ",
            time!("confirmed_at"),
            ") FROM totp WHERE account_id = ?1"
        ),
    ),
    (
        "passkeys",
        concat!(
            "SELECT json_object('id', id, 'name', name, 'created_at', ",
            time!("created_at"),
            ", 'last_used_at', ",
            time!("last_used_at"),
            ") FROM passkeys WHERE account_id = ?1 ORDER BY id"
        ),
    ),
    (
        "identities",
        concat!(
            "SELECT json_object('id', id, 'provider', provider, 'issuer', issuer, 'subject', subject,
                    'email', email, 'created_at', ",
            time!("created_at"),
            ", 'last_used_at', ",
            time!("last_used_at"),
            ") FROM identities WHERE account_id = ?1 ORDER BY id"
        ),
    ),
    (
        "api_keys",
        concat!(
            "SELECT json_object('id', id, 'name', name, 'prefix', prefix, 'scopes', json(scopes),
                    'rate_limit', rate_limit, 'created_at', ",
            time!("created_at"),
            ", 'expires_at', ",
            time!("expires_at"),
            ", 'last_used_at', ",
            time!("last_used_at"),
            ") FROM api_keys WHERE account_id = ?1 ORDER BY id"
        ),
    ),
    (
        "applications",
        concat!(
            "SELECT json_object('client', client_id, 'scope', scope, 'created_at', ",
            time!("created_at"),
            ", 'updated_at', ",
            time!("updated_at"),
            ") FROM oauth_consents WHERE account_id = ?1 ORDER BY client_id"
        ),
    ),
    (
        "recovery_codes",
        concat!(
            "SELECT json_object('created_at', ",
            time!("created_at"),
            ") FROM recovery_codes WHERE account_id = ?1"
        ),
    ),
    (
        "audit",
        concat!(
            "SELECT json_object('event', event, 'at', ",
            time!("at"),
            ", 'object', object, 'detail', json(detail),
                    'by', CASE WHEN actor = ?1 THEN 'you' WHEN actor IS NOT NULL THEN 'somebody else' END,
                    'ip', CASE WHEN actor IS NULL OR actor = ?1 THEN ip END,
                    'user_agent', CASE WHEN actor IS NULL OR actor = ?1 THEN user_agent END)
             FROM audit_log WHERE subject = ?1 ORDER BY id"
        ),
    ),
];

/// Everything, by name.
pub fn export(
    connection: &Connection,
    account: UserId,
) -> Result<Vec<(&'static str, Value)>, Error> {
    let section = |(name, sql): &(&'static str, &str)| {
        let rows: Vec<String> = connection.query(sql, params![account])?;
        let rows = rows
            .iter()
            .map(|row| serde_json::from_str(row).unwrap_or_default());
        Ok((*name, Value::Array(rows.collect())))
    };
    SECTIONS.iter().map(section).collect()
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::SECTIONS;
    use crate::store::MIGRATIONS;

    /// What belongs to an account and says nothing about a person that another table does not say.
    const LEFT_OUT: &[&str] = &[
        "account_deletions", // exists only while nobody is signed in
        "challenges",        // hashes, for minutes
        "device_tokens",     // hashes, of what sessions and devices tell
        "guesses",           // how many, for a day
        "memberships",       // what users knows, and exports
    ];

    #[test]
    fn whatever_belongs_to_an_account_goes_with_it_and_is_exported_or_left_out_for_a_reason() {
        let db = Connection::open_in_memory().unwrap();
        for migration in MIGRATIONS {
            db.execute_batch(migration.sql).unwrap();
        }
        let mut tables = db
            .prepare(
                "SELECT DISTINCT t.name, f.on_delete
                 FROM sqlite_schema t, pragma_foreign_key_list(t.name) f
                 WHERE t.type = 'table' AND f.\"table\" = 'accounts'",
            )
            .unwrap();
        let tables = tables
            .query_map([], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
            .unwrap();
        for (table, on_delete) in tables.map(Result::unwrap) {
            assert!(
                ["CASCADE", "SET NULL"].contains(&on_delete.as_str()),
                "{table} keeps accounts from being removed"
            );
            let is_exported = SECTIONS
                .iter()
                .any(|(_, sql)| sql.contains(&format!("FROM {table} ")));
            assert!(
                is_exported || LEFT_OUT.contains(&table.as_str()),
                "{table} is not exported"
            );
        }
    }

    #[test]
    fn an_export_names_no_secret() {
        for (name, sql) in SECTIONS {
            for secret in ["hash", "secret", "seed", "key_data"] {
                assert!(!sql.contains(secret), "{name} has {secret}");
            }
        }
    }
}
