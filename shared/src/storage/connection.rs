//! One connection: statements in, rows out.

use serde::de::DeserializeOwned;

use super::{
    error::Error,
    row,
    value::{ToValue, Value},
};
use crate::host::sqlite;

/// What runs statements: the host's SQLite, and in tests one linked in.
pub(crate) trait Engine: Send + Sync {
    /// Runs one statement.
    fn execute(&self, sql: &str, params: &[Value]) -> Result<sqlite::QueryResult, sqlite::Error>;
    /// The rows that the latest INSERT, UPDATE or DELETE touched.
    fn changes(&self) -> u64;
    /// The rowid of the latest insert.
    fn last_insert_rowid(&self) -> i64;
}

impl Engine for sqlite::Connection {
    fn execute(&self, sql: &str, params: &[Value]) -> Result<sqlite::QueryResult, sqlite::Error> {
        sqlite::Connection::execute(self, sql, params)
    }

    fn changes(&self) -> u64 {
        sqlite::Connection::changes(self)
    }

    fn last_insert_rowid(&self) -> i64 {
        sqlite::Connection::last_insert_rowid(self)
    }
}

pub(super) fn open_on_host(label: &str) -> Result<Box<dyn Engine>, Error> {
    match sqlite::Connection::open(label) {
        Ok(connection) => Ok(Box::new(connection)),
        Err(error) => Err(Error::new(error, &format!("open {label}"))),
    }
}

/// A connection to the component's database. Rows become structs by their columns' names, tuples by
/// their columns' order, and single values where there is one column.
pub struct Connection(Box<dyn Engine>);

impl Connection {
    pub(super) fn new(engine: Box<dyn Engine>) -> Self {
        Self(engine)
    }

    /// Runs an INSERT, UPDATE or DELETE, and says how many rows it touched.
    pub fn execute(&self, sql: &str, params: &[&dyn ToValue]) -> Result<u64, Error> {
        self.run(sql, params)?;
        Ok(self.0.changes())
    }

    /// Runs a statement that returns rows.
    pub fn query<T: DeserializeOwned>(
        &self,
        sql: &str,
        params: &[&dyn ToValue],
    ) -> Result<Vec<T>, Error> {
        let result = self.run(sql, params)?;
        result
            .rows
            .into_iter()
            .map(|row| row::from_row(&result.columns, row.values))
            .collect::<Result<_, _>>()
            .map_err(|error| Error::other(error, sql))
    }

    /// Runs a statement that returns one row or none. Rows after the first are left aside, so give a
    /// statement that could return more of them a LIMIT.
    pub fn query_one<T: DeserializeOwned>(
        &self,
        sql: &str,
        params: &[&dyn ToValue],
    ) -> Result<Option<T>, Error> {
        let result = self.run(sql, params)?;
        result
            .rows
            .into_iter()
            .next()
            .map(|row| row::from_row(&result.columns, row.values))
            .transpose()
            .map_err(|error| Error::other(error, sql))
    }

    /// The rowid of this connection's latest insert. Ask right after it, before any `await`.
    pub fn last_insert_rowid(&self) -> i64 {
        self.0.last_insert_rowid()
    }

    /// Runs one statement of any kind.
    pub(super) fn run(
        &self,
        sql: &str,
        params: &[&dyn ToValue],
    ) -> Result<sqlite::QueryResult, Error> {
        let params: Vec<Value> = params.iter().map(|param| param.to_value()).collect();
        self.0
            .execute(sql, &params)
            .map_err(|error| Error::new(error, sql))
    }
}
