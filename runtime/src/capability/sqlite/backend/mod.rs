//! Where the data lies: SQLite files behind a pool, with bounds on what one statement may cost.
//!
//! Nothing here knows of WebAssembly. The rest of the capability uses three names: a [`Database`], the [`Connection`]s
//! it hands out, and the [`Rows`] these return; another storage engine takes their place by offering the same.

mod authorizer;
mod connection;
mod database;
mod error;
mod file;
mod group;
mod handle;
mod pool;
mod rows;
mod statement;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use connection::Connection;
pub use database::Database;
pub use error::Error;

use crate::cores;

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
    /// Connections to the file that read, or hold a transaction that began by reading; one more writes. As each may
    /// keep a processor busy, their number is also how much of the machine slow statements can take.
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
    /// Length of a text, a blob or a row, in bytes. Some SQL functions take time in the square of it, and no deadline
    /// stops SQLite inside of a function.
    pub value_bytes: i32,
    /// Size of the database file in bytes; beyond it a write fails with [`Error::Full`].
    pub database_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: (2 * cores::count()).clamp(4, 16),
            wait: Duration::from_secs(5),
            statement: Duration::from_secs(5),
            idle_transaction: Duration::from_secs(10),
            result_bytes: 32 << 20,
            result_rows: 1_000_000,
            value_bytes: 4 << 20,
            database_bytes: 16 << 30,
        }
    }
}
