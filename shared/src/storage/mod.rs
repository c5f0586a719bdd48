//! SQLite, as the manifest grants it: one database a component, its migrations, and transactions.
//!
//! ```no_run
//! use shared::storage::{Database, Migration, params};
//!
//! const MIGRATIONS: &[Migration] = &[Migration {
//!     name: "0001_notes",
//!     sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;",
//! }];
//! static DB: Database = Database::new("notes", MIGRATIONS);
//!
//! #[derive(serde::Deserialize)]
//! struct Note {
//!     id: i64,
//!     text: String,
//! }
//!
//! fn note(id: i64) -> shared::Result<Option<Note>> {
//!     Ok(DB.connect()?.query_one("SELECT id, text FROM notes WHERE id = ?", params![id])?)
//! }
//! ```

mod cell;
mod connection;
mod error;
mod migrations;
mod row;
mod script;
mod transaction;
mod value;

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

pub use crate::params;
pub use connection::Connection;
pub use error::{Error, Kind};
pub use migrations::Migration;
pub use transaction::Transaction;
pub use value::{ToValue, Value};

use connection::Engine;

/// A database that the manifest grants, by its label. Make it a `static`.
pub struct Database {
    label: &'static str,
    migrations: &'static [Migration],
    open: fn(&str) -> Result<Box<dyn Engine>, Error>,
    kept: OnceLock<Connection>,
    /// What the last transaction left, for the next one: opening a file takes longer than most of them.
    spare: Mutex<Option<Connection>>,
}

impl Database {
    /// The database with this label, brought up to date by these migrations on first use.
    pub const fn new(label: &'static str, migrations: &'static [Migration]) -> Self {
        Self {
            label,
            migrations,
            open: connection::open_on_host,
            kept: OnceLock::new(),
            spare: Mutex::new(None),
        }
    }

    /// The instance's connection, for single statements. It is opened, and the migrations are run,
    /// on the instance's first call. Two requests may share it, so it never begins a transaction.
    pub fn connect(&self) -> Result<&Connection, Error> {
        if let Some(connection) = self.kept.get() {
            return Ok(connection);
        }
        let connection = self.open()?;
        migrations::run(&connection, self.migrations, || self.open())?;
        Ok(self.kept.get_or_init(|| connection))
    }

    /// Runs `work` in a transaction on a connection of its own: all of it is stored, or nothing.
    ///
    /// The write lock is taken at once, so that what `work` reads stays true until it is stored.
    /// `work` is synchronous, so that a lock is never held while waiting for the network. Any way out
    /// but `Ok` rolls back, a trap included, for then the host closes the connection.
    pub fn transaction<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        self.connect()?;
        let spare = self.spare().take();
        let connection = spare.map_or_else(|| self.open(), Ok)?;
        let transaction = Transaction::begin(&connection)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        // Only now is it known to be clean; on any other way it is closed.
        *self.spare() = Some(connection);
        Ok(value)
    }

    fn spare(&self) -> MutexGuard<'_, Option<Connection>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<Connection, Error> {
        let connection = Connection::new((self.open)(self.label)?);
        // SQLite has foreign keys off in every new connection.
        connection.run("PRAGMA foreign_keys = ON", &[])?;
        Ok(connection)
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
