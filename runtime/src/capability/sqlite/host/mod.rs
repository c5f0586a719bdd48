//! The WIT functions: labels to databases, handles to connections. What they do is here; each version of the interface
//! is a thin adapter.

mod v1;
mod v2;
mod v3;

use std::{ops::Deref, sync::Arc, time::Instant};

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

use super::backend::{self, Rows};
use super::engine::Connection;
use super::policy::{Access, Grant};
use crate::{
    capability::handles::{self, Handles},
    metrics,
};

/// What a guest's connection handle stands for. Shared with the calls in progress on it.
pub type Handle = Arc<Counted>;

/// A connection, and where its statements are counted.
pub struct Counted {
    connection: Connection,
    metrics: Arc<metrics::Database>,
}

impl Deref for Counted {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

/// The state of one instance.
pub struct State {
    grant: Grant,
    metrics: Arc<metrics::Databases>,
    connections: Handles,
}

impl State {
    pub(super) fn new(grant: Grant, metrics: Arc<metrics::Databases>) -> Self {
        Self {
            grant,
            metrics,
            connections: Handles::default(),
        }
    }
}

/// The parts of a store this capability works on.
pub struct View<'a> {
    /// This capability's state.
    pub state: &'a mut State,
    /// The table that holds the guest's connections.
    pub table: &'a mut ResourceTable,
}

/// Adds every version of the interface to `linker`. `get` finds this capability's parts in a store.
pub fn link<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    v3::link(linker, get)?;
    v2::link(linker, get)?;
    v1::link(linker, get)
}

struct Sqlite;

impl HasData for Sqlite {
    type Data<'a> = View<'a>;
}

/// What can go wrong, in every version of the interface.
enum Error {
    NoSuchDatabase,
    AccessDenied,
    InvalidConnection,
    DatabaseFull,
    Io(String),
}

impl From<backend::Error> for Error {
    fn from(error: backend::Error) -> Self {
        match error {
            backend::Error::Full => Self::DatabaseFull,
            error => Self::Io(error.to_string()),
        }
    }
}

impl View<'_> {
    fn open(&mut self, label: &str) -> wasmtime::Result<Result<Resource<Handle>, Error>> {
        let database = match self.state.grant.access(label) {
            Access::Granted(database) => database,
            Access::Missing => return Ok(Err(Error::NoSuchDatabase)),
            Access::Denied => return Ok(Err(Error::AccessDenied)),
        };
        let connection = Handle::new(Counted {
            connection: database.connect(),
            metrics: self.state.metrics.get(label).cloned().unwrap_or_default(),
        });
        let handle = self.state.connections.open(self.table, connection)?;
        let full = || Error::Io(format!("too many connections are open: {}", handles::MOST));
        Ok(handle.ok_or_else(full))
    }

    fn connection(&self, handle: &Resource<Handle>) -> wasmtime::Result<Handle> {
        Ok(self.table.get(handle)?.clone())
    }

    fn close(&mut self, handle: Resource<Handle>) -> wasmtime::Result<()> {
        self.state.connections.close(self.table, handle)
    }
}

async fn execute(
    connection: &Counted,
    statement: String,
    parameters: Vec<impl Into<backend::Value>>,
) -> Result<Rows, Error> {
    let parameters = parameters.into_iter().map(Into::into).collect();
    let started = Instant::now();
    let result = connection.execute(statement, parameters).await;
    connection.metrics.ran(started.elapsed());
    if let Err(error) = &result {
        count(error, &connection.metrics);
    }
    Ok(result?)
}

fn count(error: &backend::Error, metrics: &metrics::Database) {
    let counter = match error {
        backend::Error::Busy(_) => &metrics.busy,
        backend::Error::Deadline(_) => &metrics.deadline,
        backend::Error::Expired(_) => &metrics.expired,
        _ => &metrics.failed,
    };
    counter.add();
}

/// Each version of the interface has types of its own for the same errors, values and results.
macro_rules! convert {
    ($wit:ident) => {
        impl From<super::Error> for $wit::Error {
            fn from(error: super::Error) -> Self {
                match error {
                    super::Error::NoSuchDatabase => Self::NoSuchDatabase,
                    super::Error::AccessDenied => Self::AccessDenied,
                    super::Error::InvalidConnection => Self::InvalidConnection,
                    super::Error::DatabaseFull => Self::DatabaseFull,
                    super::Error::Io(message) => Self::Io(message),
                }
            }
        }

        impl From<crate::capability::sqlite::backend::Rows> for $wit::QueryResult {
            fn from(result: crate::capability::sqlite::backend::Rows) -> Self {
                let row = |values: Vec<_>| $wit::RowResult {
                    values: values.into_iter().map($wit::Value::from).collect(),
                };
                Self {
                    columns: result.columns,
                    rows: result.rows.into_iter().map(row).collect(),
                }
            }
        }

        impl From<$wit::Value> for crate::capability::sqlite::backend::Value {
            fn from(value: $wit::Value) -> Self {
                match value {
                    $wit::Value::Integer(value) => Self::Integer(value),
                    $wit::Value::Real(value) => Self::Real(value),
                    $wit::Value::Text(value) => Self::Text(value),
                    $wit::Value::Blob(value) => Self::Blob(value),
                    $wit::Value::Null => Self::Null,
                }
            }
        }

        impl From<crate::capability::sqlite::backend::Value> for $wit::Value {
            fn from(value: crate::capability::sqlite::backend::Value) -> Self {
                use crate::capability::sqlite::backend::Value;
                match value {
                    Value::Integer(value) => Self::Integer(value),
                    Value::Real(value) => Self::Real(value),
                    Value::Text(value) => Self::Text(value),
                    Value::Blob(value) => Self::Blob(value),
                    Value::Null => Self::Null,
                }
            }
        }
    };
}
use convert;
