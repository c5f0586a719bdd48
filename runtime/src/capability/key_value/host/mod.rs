//! The WIT functions: labels to stores, handles to what they stand for. Each version of Spin's interface, and WASI's, is
//! a thin adapter to the same stores.

mod v1;
mod v2;
mod v3;
mod wasi;

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

use super::backend::{self, Store};
use super::policy::{Access, Grant};
use crate::capability::handles::Handles;

/// The state of one instance.
pub struct State {
    grant: Grant,
    /// Its stores, and attempts to swap values.
    handles: Handles,
}

impl State {
    pub(super) fn new(grant: Grant) -> Self {
        Self {
            grant,
            handles: Handles::default(),
        }
    }
}

/// The parts of a store this capability works on.
pub struct View<'a> {
    /// This capability's state.
    pub state: &'a mut State,
    /// The table that holds the guest's open stores.
    pub table: &'a mut ResourceTable,
}

/// Adds every version of the interface to `linker`. `get` finds this capability's parts in a store.
pub fn link<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    v3::link(linker, get)?;
    v2::link(linker, get)?;
    v1::link(linker, get)?;
    wasi::link(linker, get)
}

struct KeyValue;

impl HasData for KeyValue {
    type Data<'a> = View<'a>;
}

/// What can go wrong, in every version of the interface.
enum Error {
    TableFull,
    NoSuchStore,
    AccessDenied,
    Other(String),
}

impl From<backend::Error> for Error {
    fn from(error: backend::Error) -> Self {
        Self::Other(error.to_string())
    }
}

impl View<'_> {
    fn open(&mut self, label: &str) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        let store = match self.state.grant.access(label) {
            Access::Granted(store) => store.clone(),
            Access::Missing => return Ok(Err(Error::NoSuchStore)),
            Access::Denied => return Ok(Err(Error::AccessDenied)),
        };
        self.keep(store)
    }

    /// Hands the guest a handle to `what`, if it may have another.
    fn keep<R: Send + 'static>(&mut self, what: R) -> wasmtime::Result<Result<Resource<R>, Error>> {
        let handle = self.state.handles.open(self.table, what)?;
        Ok(handle.ok_or(Error::TableFull))
    }

    fn store(&self, handle: &Resource<Store>) -> wasmtime::Result<Store> {
        Ok(self.table.get(handle)?.clone())
    }

    fn close<R: 'static>(&mut self, handle: Resource<R>) -> wasmtime::Result<()> {
        self.state.handles.close(self.table, handle)
    }
}
