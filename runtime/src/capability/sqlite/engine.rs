//! The engines a database may have: a file of SQLite's, or a libSQL server.

use super::backend::{self, Error, Rows, Value};
use super::libsql;

/// A database, whatever its engine. Cloning it is cheap and names the same one.
#[derive(Clone)]
pub enum Database {
    File(backend::Database),
    LibSql(libsql::Database),
}

/// A connection to one. Dropping it rolls its open transaction back.
pub enum Connection {
    File(backend::Connection),
    LibSql(libsql::Connection),
}

impl Database {
    /// A new connection. It costs nothing until it is used.
    pub fn connect(&self) -> Connection {
        match self {
            Self::File(database) => Connection::File(database.connect()),
            Self::LibSql(database) => Connection::LibSql(database.connect()),
        }
    }

    /// Lets go of it. Blocks.
    pub fn close(&self) {
        match self {
            Self::File(database) => database.close(),
            // Nothing there waits to be written.
            Self::LibSql(_) => (),
        }
    }
}

impl Connection {
    /// Runs exactly one statement.
    pub async fn execute(&self, sql: String, parameters: Vec<Value>) -> Result<Rows, Error> {
        match self {
            Self::File(connection) => connection.execute(sql, parameters).await,
            Self::LibSql(connection) => connection.execute(sql, parameters).await,
        }
    }

    /// The rowid of the latest successful INSERT on this connection, 0 before the first.
    pub async fn last_insert_rowid(&self) -> i64 {
        match self {
            Self::File(connection) => connection.last_insert_rowid().await,
            Self::LibSql(connection) => connection.last_insert_rowid().await,
        }
    }

    /// How many rows the latest INSERT, UPDATE or DELETE on this connection changed.
    pub async fn changes(&self) -> u64 {
        match self {
            Self::File(connection) => connection.changes().await,
            Self::LibSql(connection) => connection.changes().await,
        }
    }
}
