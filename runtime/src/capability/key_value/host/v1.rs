//! `fermyon:spin/key-value`, of Spin 1: handles are numbers, a guest may make them up, and a missing key is an error.

use wasmtime::component::{Linker, Resource};

use super::{KeyValue, View};
use crate::capability::key_value::backend::{self, Store};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "selvedge:host/key-value-1",
        imports: { default: async | trappable },
    });
}

use bindings::fermyon::spin::key_value::{self as wit, Error};

/// Adds the functions of the interface to `linker`.
pub(super) fn link<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, KeyValue>(linker, get)
}

impl From<super::Error> for Error {
    fn from(error: super::Error) -> Self {
        match error {
            super::Error::TableFull => Self::StoreTableFull,
            super::Error::NoSuchStore => Self::NoSuchStore,
            super::Error::AccessDenied => Self::AccessDenied,
            super::Error::Other(message) => Self::Io(message),
        }
    }
}

impl From<backend::Error> for Error {
    fn from(error: backend::Error) -> Self {
        super::Error::from(error).into()
    }
}

impl View<'_> {
    fn numbered(&self, handle: u32) -> Result<Store, Error> {
        self.store(&Resource::new_borrow(handle))
            .map_err(|_| Error::InvalidStore)
    }
}

impl wit::Host for View<'_> {
    async fn open(&mut self, label: String) -> wasmtime::Result<Result<u32, Error>> {
        let opened = View::open(self, &label)?;
        Ok(opened.map(|handle| handle.rep()).map_err(Error::from))
    }

    async fn get(&mut self, handle: u32, key: String) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let store = match self.numbered(handle) {
            Ok(store) => store,
            Err(error) => return Ok(Err(error)),
        };
        Ok(match store.get(key).await {
            Ok(value) => value.ok_or(Error::NoSuchKey),
            Err(error) => Err(error.into()),
        })
    }

    async fn set(
        &mut self,
        handle: u32,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(match self.numbered(handle) {
            Ok(store) => store.set(key, value).await.map_err(Error::from),
            Err(error) => Err(error),
        })
    }

    async fn delete(&mut self, handle: u32, key: String) -> wasmtime::Result<Result<(), Error>> {
        Ok(match self.numbered(handle) {
            Ok(store) => store.delete(key).await.map_err(Error::from),
            Err(error) => Err(error),
        })
    }

    async fn exists(&mut self, handle: u32, key: String) -> wasmtime::Result<Result<bool, Error>> {
        Ok(match self.numbered(handle) {
            Ok(store) => store.exists(key).await.map_err(Error::from),
            Err(error) => Err(error),
        })
    }

    async fn get_keys(&mut self, handle: u32) -> wasmtime::Result<Result<Vec<String>, Error>> {
        Ok(match self.numbered(handle) {
            Ok(store) => store.keys().await.map_err(Error::from),
            Err(error) => Err(error),
        })
    }

    /// A handle that names nothing is none to close.
    async fn close(&mut self, handle: u32) -> wasmtime::Result<()> {
        match self.numbered(handle) {
            Ok(_) => View::close(self, Resource::<Store>::new_own(handle)),
            Err(_) => Ok(()),
        }
    }
}
