//! Where the data lies: SQLite files behind a pool, with bounds on what one statement may cost.
//!
//! Nothing here knows of WebAssembly. The rest of the capability uses three names: a [`Database`], the [`Connection`]s
//! it hands out, and the [`Rows`] these return; another storage engine takes their place by offering the same.

mod authorizer;
mod connection;
mod database;
mod file;
mod handle;
mod pool;
mod statement;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use connection::Connection;
pub use database::{Database, Databases};

/// A value in one of SQLite's storage classes.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
    Null,
}

/// Everything a statement returned.
#[derive(Debug, Default, PartialEq)]
pub struct Rows {
    /// Column names, in order; empty for a statement that returns nothing.
    pub columns: Vec<String>,
    /// Rows, each with one value a column.
    pub rows: Vec<Vec<Value>>,
}

/// Bounds on one database. None of them is a property of the file: they hold for this process.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections to the file that read, or hold a transaction that began by reading; one more writes.
    pub connections: usize,
    /// How long a statement waits for a connection to come free, and again for its turn to write.
    pub wait: Duration,
    /// How long one statement may run, stepping through its rows included.
    pub statement: Duration,
    /// How long a transaction may stay open without a statement before it is rolled back.
    pub idle_transaction: Duration,
    /// Size of a statement's result, values and their bookkeeping together, in bytes.
    pub result_bytes: usize,
    /// Number of rows in a statement's result.
    pub result_rows: usize,
    /// Size of the database file in bytes; beyond it a write fails with [`Error::Full`].
    pub database_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8,
            wait: Duration::from_secs(5),
            statement: Duration::from_secs(5),
            idle_transaction: Duration::from_secs(10),
            result_bytes: 32 << 20,
            result_rows: 1_000_000,
            database_bytes: 16 << 30,
        }
    }
}

/// Why a statement failed. The texts are for the component that sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing was done, and the same statement may succeed later.
    #[error("database is locked: {0}")]
    Busy(&'static str),
    /// The file reached [`Limits::database_bytes`], or the disk is full.
    #[error("database or disk is full")]
    Full,
    /// The statement ran longer than [`Limits::statement`].
    #[error("interrupted: the statement ran longer than {0:?}")]
    Deadline(Duration),
    /// The result went beyond [`Limits::result_bytes`] or [`Limits::result_rows`].
    #[error("the result is larger than {0}; read it in parts")]
    TooLarge(String),
    /// A connection's transaction went beyond [`Limits::idle_transaction`]. Said once, to its next statement.
    #[error("the transaction was rolled back: it was open for {0:?} without a statement")]
    Expired(Duration),
    /// Something SQLite can do and a component may not.
    #[error("not authorized: {0}")]
    Refused(String),
    /// The statement failed; SQLite's own message.
    #[error("{0}")]
    Failed(String),
    /// The runtime is shutting down.
    #[error("the database is closed")]
    Closed,
}
