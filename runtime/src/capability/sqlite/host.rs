//! The WIT functions of `spin:sqlite`: labels to databases, handles to connections, errors to the interface's.

use wasmtime::component::{
    Access as StoreAccess, Accessor, FutureReader, HasData, Linker, Resource, ResourceTable,
    StreamReader,
};

use super::backend::{self, Connection, Rows};
use super::policy::{Access, Grant};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "selvedge:host/sqlite",
        imports: { default: async | trappable },
        with: { "spin:sqlite/sqlite.connection": super::Handle },
    });
}

use bindings::spin::sqlite::sqlite::{
    self as wit, Error, HostConnection, HostConnectionWithStore, QueryResult, RowResult, Value,
};

/// Connections one instance may hold open at a time.
const CONNECTIONS: usize = 256;

/// What a guest's connection handle stands for. Shared with the calls in progress on it.
pub type Handle = std::sync::Arc<Connection>;

/// The state of one instance.
pub struct State {
    grant: Grant,
    open: usize,
}

impl State {
    pub(super) fn new(grant: Grant) -> Self {
        Self { grant, open: 0 }
    }
}

/// The parts of a store this capability works on.
pub struct View<'a> {
    /// This capability's state.
    pub state: &'a mut State,
    /// The table that holds the guest's connections.
    pub table: &'a mut ResourceTable,
}

/// Adds the functions of `spin:sqlite@3.1.0` to `linker`. `get` finds this capability's parts in a store.
pub fn link<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, Sqlite>(linker, get)
}

struct Sqlite;

impl HasData for Sqlite {
    type Data<'a> = View<'a>;
}

impl View<'_> {
    fn open(&mut self, label: &str) -> wasmtime::Result<Result<Resource<Handle>, Error>> {
        let database = match self.state.grant.access(label) {
            Access::Granted(database) => database,
            Access::Missing => return Ok(Err(Error::NoSuchDatabase)),
            Access::Denied => return Ok(Err(Error::AccessDenied)),
        };
        if self.state.open == CONNECTIONS {
            return Ok(Err(Error::Io(format!(
                "too many connections are open: {CONNECTIONS}"
            ))));
        }
        let handle = self.table.push(Handle::new(database.connect()))?;
        self.state.open += 1;
        Ok(Ok(handle))
    }

    fn connection(&self, handle: &Resource<Handle>) -> wasmtime::Result<Handle> {
        Ok(self.table.get(handle)?.clone())
    }
}

impl wit::Host for View<'_> {}

impl HostConnection for View<'_> {
    async fn open(
        &mut self,
        database: String,
    ) -> wasmtime::Result<Result<Resource<Handle>, Error>> {
        View::open(self, &database)
    }

    async fn execute(
        &mut self,
        handle: Resource<Handle>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        let result = execute(&*self.connection(&handle)?, statement, parameters).await;
        Ok(result.map(|(columns, rows)| QueryResult { columns, rows }))
    }

    async fn last_insert_rowid(&mut self, handle: Resource<Handle>) -> wasmtime::Result<i64> {
        Ok(self.connection(&handle)?.last_insert_rowid().await)
    }

    async fn changes(&mut self, handle: Resource<Handle>) -> wasmtime::Result<u64> {
        Ok(self.connection(&handle)?.changes().await)
    }

    async fn drop(&mut self, handle: Resource<Handle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        self.state.open -= 1;
        Ok(())
    }
}

/// All rows, and how reading them ended.
type Streamed = (
    Vec<String>,
    StreamReader<RowResult>,
    FutureReader<Result<(), Error>>,
);

impl<T: Send + 'static> HostConnectionWithStore<T> for Sqlite {
    async fn open_async(
        store: &Accessor<T, Self>,
        database: String,
    ) -> wasmtime::Result<Result<Resource<Handle>, Error>> {
        store.with(|mut access| access.get().open(&database))
    }

    /// The rows are read before the first is handed on: they are bounded, and a guest that reads slowly, or never to
    /// the end, keeps no connection and no snapshot of the database.
    async fn execute_async(
        store: &Accessor<T, Self>,
        handle: Resource<Handle>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<Streamed, Error>> {
        let connection = connection(store, &handle)?;
        let (columns, rows) = match execute(&connection, statement, parameters).await {
            Ok(result) => result,
            Err(error) => return Ok(Err(error)),
        };
        store.with(|mut access: StoreAccess<'_, T, Self>| {
            let rows = StreamReader::new(&mut access, rows)?;
            let end = FutureReader::new(&mut access, async { wasmtime::error::Ok(Ok(())) })?;
            Ok(Ok((columns, rows, end)))
        })
    }

    async fn last_insert_rowid_async(
        store: &Accessor<T, Self>,
        handle: Resource<Handle>,
    ) -> wasmtime::Result<i64> {
        Ok(connection(store, &handle)?.last_insert_rowid().await)
    }

    async fn changes_async(
        store: &Accessor<T, Self>,
        handle: Resource<Handle>,
    ) -> wasmtime::Result<u64> {
        Ok(connection(store, &handle)?.changes().await)
    }
}

fn connection<T: 'static>(
    store: &Accessor<T, Sqlite>,
    handle: &Resource<Handle>,
) -> wasmtime::Result<Handle> {
    store.with(|mut access| access.get().connection(handle))
}

async fn execute(
    connection: &Connection,
    statement: String,
    parameters: Vec<Value>,
) -> Result<(Vec<String>, Vec<RowResult>), Error> {
    let parameters = parameters.into_iter().map(backend::Value::from).collect();
    let Rows { columns, rows } = connection.execute(statement, parameters).await?;
    let row = |values: Vec<backend::Value>| RowResult {
        values: values.into_iter().map(Value::from).collect(),
    };
    Ok((columns, rows.into_iter().map(row).collect()))
}

impl From<backend::Error> for Error {
    fn from(error: backend::Error) -> Self {
        match error {
            backend::Error::Full => Self::DatabaseFull,
            error => Self::Io(error.to_string()),
        }
    }
}

impl From<Value> for backend::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Integer(value) => Self::Integer(value),
            Value::Real(value) => Self::Real(value),
            Value::Text(value) => Self::Text(value),
            Value::Blob(value) => Self::Blob(value),
            Value::Null => Self::Null,
        }
    }
}

impl From<backend::Value> for Value {
    fn from(value: backend::Value) -> Self {
        match value {
            backend::Value::Integer(value) => Self::Integer(value),
            backend::Value::Real(value) => Self::Real(value),
            backend::Value::Text(value) => Self::Text(value),
            backend::Value::Blob(value) => Self::Blob(value),
            backend::Value::Null => Self::Null,
        }
    }
}
