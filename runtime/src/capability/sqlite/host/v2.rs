//! `fermyon:spin/sqlite@2.0.0`, of Spin 2 and 3.

use wasmtime::component::{Linker, Resource};

use super::{Handle, Sqlite, View};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "selvedge:host/sqlite-2",
        imports: { default: async | trappable },
        with: {
            "fermyon:spin/sqlite@2.0.0.connection": crate::capability::sqlite::host::Handle,
        },
    });
}

use bindings::fermyon::spin2_0_0::sqlite::{self as wit, Error, QueryResult, Value};

/// Adds the functions of the interface to `linker`.
pub(super) fn link<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, Sqlite>(linker, get)
}

super::convert!(wit);

impl wit::Host for View<'_> {}

impl wit::HostConnection for View<'_> {
    async fn open(
        &mut self,
        database: String,
    ) -> wasmtime::Result<Result<Resource<Handle>, Error>> {
        Ok(View::open(self, &database)?.map_err(Error::from))
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

    async fn drop(&mut self, handle: Resource<Handle>) -> wasmtime::Result<()> {
        self.close(handle)
    }
}
