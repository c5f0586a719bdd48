//! A SQLite linked into the test, in place of the host's.

use std::{
    ops::Deref,
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use rusqlite::types::ValueRef;

use super::{Database, Error, Migration, Value, connection::Engine};
use crate::host::sqlite;

/// A fresh database, whose file is removed with it.
pub(crate) struct Fresh(Database);

impl Deref for Fresh {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.0
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(path(self.0.label));
    }
}

/// Makes a fresh database.
pub(crate) fn database(migrations: &'static [Migration]) -> Fresh {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let label = format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    Fresh(same_database(Box::leak(label.into_boxed_str()), migrations))
}

fn path(label: &str) -> PathBuf {
    std::env::temp_dir().join(format!("shared-{}-{label}.db", std::process::id()))
}

/// Another instance's view of a database.
pub(crate) fn again(database: &Database) -> Database {
    same_database(database.label, database.migrations)
}

/// The database with this label, to be opened as if by another release.
pub(crate) fn same_database(label: &'static str, migrations: &'static [Migration]) -> Database {
    Database {
        open,
        ..Database::new(label, migrations)
    }
}

fn open(label: &str) -> Result<Box<dyn Engine>, Error> {
    let connection = rusqlite::Connection::open(path(label)).unwrap();
    Ok(Box::new(Linked(Mutex::new(connection))))
}

struct Linked(Mutex<rusqlite::Connection>);

impl Linked {
    fn lock(&self) -> MutexGuard<'_, rusqlite::Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rows(&self, sql: &str, params: &[Value]) -> rusqlite::Result<sqlite::QueryResult> {
        let connection = self.lock();
        let mut statement = connection.prepare(sql)?;
        let columns: Vec<String> = statement
            .column_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let params = rusqlite::params_from_iter(params.iter().map(|value| match value {
            Value::Integer(value) => rusqlite::types::Value::Integer(*value),
            Value::Real(value) => rusqlite::types::Value::Real(*value),
            Value::Text(value) => rusqlite::types::Value::Text(value.clone()),
            Value::Blob(value) => rusqlite::types::Value::Blob(value.clone()),
            Value::Null => rusqlite::types::Value::Null,
        }));
        let mut rows = statement.query(params)?;
        let mut result = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..columns.len())
                .map(|index| {
                    Ok(match row.get_ref(index)? {
                        ValueRef::Null => Value::Null,
                        ValueRef::Integer(value) => Value::Integer(value),
                        ValueRef::Real(value) => Value::Real(value),
                        ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into()),
                        ValueRef::Blob(value) => Value::Blob(value.to_vec()),
                    })
                })
                .collect::<rusqlite::Result<_>>()?;
            result.push(sqlite::RowResult { values });
        }
        Ok(sqlite::QueryResult {
            columns,
            rows: result,
        })
    }
}

impl Engine for Linked {
    fn execute(&self, sql: &str, params: &[Value]) -> Result<sqlite::QueryResult, sqlite::Error> {
        self.rows(sql, params)
            .map_err(|error| sqlite::Error::Io(error.to_string()))
    }

    fn changes(&self) -> u64 {
        self.lock().changes()
    }

    fn last_insert_rowid(&self) -> i64 {
        self.lock().last_insert_rowid()
    }
}
