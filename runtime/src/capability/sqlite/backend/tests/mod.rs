//! What a component may rely on, and what it cannot do to others, tried on real files.

mod authority;
mod bounds;
mod closing;
mod groups;
mod properties;
mod sessions;
mod transactions;
mod values;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;

/// Runs until it is stopped.
const ENDLESS: &str =
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t";

/// A fresh database with one table, `notes (id, text)`.
struct Fixture {
    database: Database,
    folder: TempDir,
}

impl Fixture {
    async fn new(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("test.db"), limits, "").unwrap();
        let fixture = Self { database, folder };
        fixture
            .run("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE) STRICT")
            .await
            .unwrap();
        fixture
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// Runs a statement on a connection of its own.
    async fn run(&self, sql: &str) -> Result<Rows, Error> {
        run(&self.database.connect(), sql).await
    }

    async fn count(&self) -> i64 {
        integer(&self.database.connect(), "SELECT count(*) FROM notes").await
    }
}

async fn run(connection: &Connection, sql: &str) -> Result<Rows, Error> {
    connection.execute(sql.to_owned(), vec![]).await
}

async fn value(connection: &Connection, sql: &str) -> Value {
    run(connection, sql).await.unwrap().rows.remove(0).remove(0)
}

async fn integer(connection: &Connection, sql: &str) -> i64 {
    match value(connection, sql).await {
        Value::Integer(value) => value,
        other => panic!("{other:?} is no integer"),
    }
}

fn short(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
