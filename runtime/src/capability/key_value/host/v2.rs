//! `fermyon:spin/key-value@2.0.0`, of Spin 2 and 3.

use wasmtime::component::{Linker, Resource};

use super::{KeyValue, View};
use crate::capability::key_value::backend::{self, Store};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "selvedge:host/key-value-2",
        imports: { default: async | trappable },
        with: {
            "fermyon:spin/key-value@2.0.0.store": crate::capability::key_value::backend::Store,
        },
    });
}

use bindings::fermyon::spin2_0_0::key_value::{self as wit, Error};

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
            super::Error::Other(message) => Self::Other(message),
        }
    }
}

impl From<backend::Error> for Error {
    fn from(error: backend::Error) -> Self {
        super::Error::from(error).into()
    }
}

impl wit::Host for View<'_> {}

impl wit::HostStore for View<'_> {
    async fn open(&mut self, label: String) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        Ok(View::open(self, &label)?.map_err(Error::from))
    }

    async fn get(
        &mut self,
        handle: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(self.store(&handle)?.get(key).await.map_err(Error::from))
    }

    async fn set(
        &mut self,
        handle: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let store = self.store(&handle)?;
        Ok(store.set(key, value).await.map_err(Error::from))
    }

    async fn delete(
        &mut self,
        handle: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.store(&handle)?.delete(key).await.map_err(Error::from))
    }

    async fn exists(
        &mut self,
        handle: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        Ok(self.store(&handle)?.exists(key).await.map_err(Error::from))
    }

    async fn get_keys(
        &mut self,
        handle: Resource<Store>,
    ) -> wasmtime::Result<Result<Vec<String>, Error>> {
        Ok(self.store(&handle)?.keys().await.map_err(Error::from))
    }

    async fn drop(&mut self, handle: Resource<Store>) -> wasmtime::Result<()> {
        self.close(handle)
    }
}
