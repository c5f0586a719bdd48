//! `spin:sqlite@3.1.0`, and 3.0.0 which is a part of it.

use wasmtime::component::{
    Access as StoreAccess, Accessor, FutureReader, Linker, Resource, StreamReader,
};

use super::{Handle, Sqlite, View};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "selvedge:host/sqlite",
        imports: { default: async | trappable },
        with: { "spin:sqlite/sqlite.connection": crate::capability::sqlite::host::Handle },
    });
}

use bindings::spin::sqlite::sqlite::{
    self as wit, Error, HostConnection, HostConnectionWithStore, QueryResult, RowResult, Value,
};

/// Adds the functions of `spin:sqlite` to `linker`.
pub(super) fn link<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, Sqlite>(linker, get)
}

super::convert!(wit);

impl wit::Host for View<'_> {}

impl HostConnection for View<'_> {
    async fn open(
        &mut self,
        database: String,
    ) -> wasmtime::Result<Result<Resource<Handle>, Error>> {
        result(View::open(self, &database))
    }

    async fn execute(
        &mut self,
        handle: Resource<Handle>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        let connection = self.connection(&handle)?;
        let rows = super::execute(&connection, statement, parameters).await;
        Ok(rows.map(QueryResult::from).map_err(Error::from))
    }

    async fn last_insert_rowid(&mut self, handle: Resource<Handle>) -> wasmtime::Result<i64> {
        Ok(self.connection(&handle)?.last_insert_rowid().await)
    }

    async fn changes(&mut self, handle: Resource<Handle>) -> wasmtime::Result<u64> {
        Ok(self.connection(&handle)?.changes().await)
    }

    async fn drop(&mut self, handle: Resource<Handle>) -> wasmtime::Result<()> {
        self.close(handle)
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
        result(store.with(|mut access| access.get().open(&database)))
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
        let QueryResult { columns, rows } =
            match super::execute(&connection, statement, parameters).await {
                Ok(rows) => rows.into(),
                Err(error) => return Ok(Err(error.into())),
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

/// Failures of the table are the host's own; the rest is for the guest.
fn result(
    opened: wasmtime::Result<Result<Resource<Handle>, super::Error>>,
) -> wasmtime::Result<Result<Resource<Handle>, Error>> {
    opened.map(|opened| opened.map_err(Error::from))
}
