//! `fermyon:spin/sqlite`, of Spin 1: handles are numbers, and a guest may make them up.

use wasmtime::component::{Linker, Resource};

use super::{Handle, Sqlite, View};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "selvedge:host/sqlite-1",
        imports: { default: async | trappable },
    });
}

use bindings::fermyon::spin::sqlite::{self as wit, Error, QueryResult, Value};

/// Adds the functions of the interface to `linker`.
pub(super) fn link<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, Sqlite>(linker, get)
}

super::convert!(wit);

impl wit::Host for View<'_> {
    async fn open(&mut self, database: String) -> wasmtime::Result<Result<u32, Error>> {
        let opened = View::open(self, &database)?;
        Ok(opened.map(|handle| handle.rep()).map_err(Error::from))
    }

    async fn execute(
        &mut self,
        handle: u32,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        let Ok(connection) = self.connection(&Resource::<Handle>::new_borrow(handle)) else {
            return Ok(Err(super::Error::InvalidConnection.into()));
        };
        let rows = super::execute(&connection, statement, parameters).await;
        Ok(rows.map(QueryResult::from).map_err(Error::from))
    }

    /// A handle that names nothing is none to close.
    async fn close(&mut self, handle: u32) -> wasmtime::Result<()> {
        match self.connection(&Resource::<Handle>::new_borrow(handle)) {
            Ok(_) => View::close(self, Resource::<Handle>::new_own(handle)),
            Err(_) => Ok(()),
        }
    }
}
