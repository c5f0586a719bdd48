//! Brings a database up to date: each migration once, in order, all or nothing, and never one that
//! was edited after it ran.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Connection, Error, Transaction, params, script};
use crate::clock;

/// One step of a database's history. Never edit one that has run anywhere: add another.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The file's name without `.sql`: `0001_accounts`.
    pub name: &'static str,
    /// The file's text: `include_str!("../migrations/0001_accounts.sql")`.
    pub sql: &'static str,
}

/// What this crate itself keeps in every database.
const OWN: &[Migration] = &[Migration {
    name: "shared/0001_idempotency_keys",
    sql: include_str!("../../migrations/0001_idempotency_keys.sql"),
}];

#[derive(Deserialize)]
struct Applied {
    name: String,
    digest: Vec<u8>,
}

/// Runs what has not run yet. `open` makes the connection for it, which is needed only then.
///
/// A migration that is recorded but not known here is from a newer release, and left alone, so that a
/// release can be rolled back.
pub(super) fn run(
    connection: &Connection,
    migrations: &[Migration],
    open: impl FnOnce() -> Result<Connection, Error>,
) -> Result<(), Error> {
    let wanted: Vec<&Migration> = OWN.iter().chain(migrations).collect();
    if pending(connection, &wanted)?.is_empty() {
        return Ok(());
    }
    let own = open()?;
    let transaction = Transaction::begin(&own)?;
    transaction.run(
        "CREATE TABLE IF NOT EXISTS _migrations (
            name       TEXT    NOT NULL PRIMARY KEY,
            digest     BLOB    NOT NULL, -- SHA-256 of the file
            applied_at INTEGER NOT NULL  -- milliseconds
        ) STRICT",
        &[],
    )?;
    // Asked again under the lock: another instance may have been first.
    for migration in pending(&transaction, &wanted)? {
        for statement in script::statements(migration.sql) {
            transaction.run(statement, &[])?;
        }
        transaction.execute(
            "INSERT INTO _migrations (name, digest, applied_at) VALUES (?, ?, ?)",
            params![migration.name, digest(migration), clock::now()],
        )?;
    }
    transaction.commit()
}

/// The migrations that have not run yet, in order.
fn pending<'a>(
    connection: &Connection,
    wanted: &[&'a Migration],
) -> Result<Vec<&'a Migration>, Error> {
    let known: Option<i64> = connection.query_one(
        "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_migrations'",
        params![],
    )?;
    if known.is_none() {
        return Ok(wanted.to_vec());
    }
    let applied: Vec<Applied> =
        connection.query("SELECT name, digest FROM _migrations", params![])?;
    let mut pending = Vec::new();
    for migration in wanted {
        match applied
            .iter()
            .find(|applied| applied.name == migration.name)
        {
            None => pending.push(*migration),
            Some(applied) if applied.digest == digest(migration) => {}
            Some(_) => {
                let cause = "the migration was edited after it ran; undo that, and add another";
                return Err(Error::other(cause, migration.name));
            }
        }
    }
    Ok(pending)
}

fn digest(migration: &Migration) -> Vec<u8> {
    Sha256::digest(migration.sql).to_vec()
}
