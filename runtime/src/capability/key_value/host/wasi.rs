//! `wasi:keyvalue@0.2.0-draft2`: stores as buckets, batches, counters, and swaps that fail where another came between.

use wasmtime::component::{Linker, Resource};

use super::{KeyValue, View};
use crate::capability::key_value::backend::{self, Store};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "selvedge:host/wasi-keyvalue",
        imports: { default: async | trappable },
        with: {
            "wasi:keyvalue/store.bucket": crate::capability::key_value::backend::Store,
            "wasi:keyvalue/atomics.cas": crate::capability::key_value::host::wasi::Cas,
        },
    });
}

use bindings::wasi::keyvalue::{
    atomics::{self, CasError},
    batch,
    store::{self as wit, Error, KeyResponse},
};

/// Adds the functions of the interfaces to `linker`.
pub(super) fn link<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, KeyValue>(linker, get)?;
    atomics::add_to_linker::<T, KeyValue>(linker, get)?;
    batch::add_to_linker::<T, KeyValue>(linker, get)
}

/// An attempt to replace the value under a key.
#[derive(Clone)]
pub struct Cas {
    store: Store,
    key: String,
    /// What the guest saw there. One that never looked does not care, as under Spin.
    seen: Option<Option<Vec<u8>>>,
}

impl From<super::Error> for Error {
    fn from(error: super::Error) -> Self {
        match error {
            super::Error::TableFull => Self::Other("too many stores are open".to_owned()),
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

impl wit::Host for View<'_> {
    async fn open(&mut self, label: String) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        Ok(View::open(self, &label)?.map_err(Error::from))
    }
}

impl wit::HostBucket for View<'_> {
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

    /// All keys in one answer, so there is never a cursor to go on from.
    async fn list_keys(
        &mut self,
        handle: Resource<Store>,
        cursor: Option<String>,
    ) -> wasmtime::Result<Result<KeyResponse, Error>> {
        if cursor.is_some() {
            let message = "list-keys: no cursor was ever given out".to_owned();
            return Ok(Err(Error::Other(message)));
        }
        let keys = self.store(&handle)?.keys().await;
        let response = |keys| KeyResponse { keys, cursor: None };
        Ok(keys.map(response).map_err(Error::from))
    }

    async fn drop(&mut self, handle: Resource<Store>) -> wasmtime::Result<()> {
        self.close(handle)
    }
}

impl batch::Host for View<'_> {
    async fn get_many(
        &mut self,
        handle: Resource<Store>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<(String, Option<Vec<u8>>)>, Error>> {
        let store = self.store(&handle)?;
        Ok(store.get_many(keys).await.map_err(Error::from))
    }

    async fn set_many(
        &mut self,
        handle: Resource<Store>,
        entries: Vec<(String, Vec<u8>)>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let store = self.store(&handle)?;
        Ok(store.set_many(entries).await.map_err(Error::from))
    }

    async fn delete_many(
        &mut self,
        handle: Resource<Store>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let store = self.store(&handle)?;
        Ok(store.delete_many(keys).await.map_err(Error::from))
    }
}

impl atomics::Host for View<'_> {
    async fn increment(
        &mut self,
        handle: Resource<Store>,
        key: String,
        delta: i64,
    ) -> wasmtime::Result<Result<i64, Error>> {
        let store = self.store(&handle)?;
        Ok(store.increment(key, delta).await.map_err(Error::from))
    }

    /// Where another value lies than the guest saw, it is given a new attempt, that has seen this one.
    async fn swap(
        &mut self,
        handle: Resource<Cas>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), CasError>> {
        let attempt = self.table.get(&handle)?.clone();
        self.close(handle)?;
        let Cas { store, key, seen } = attempt;
        let failed = |error: backend::Error| CasError::StoreError(error.into());
        let swapped = match seen {
            None => store.set(key.clone(), value).await.map(|()| true),
            Some(seen) => store.swap(key.clone(), seen, value).await,
        };
        match swapped {
            Ok(true) => return Ok(Ok(())),
            Ok(false) => (),
            Err(error) => return Ok(Err(failed(error))),
        }
        let seen = match store.get(key.clone()).await {
            Ok(value) => Some(value),
            Err(error) => return Ok(Err(failed(error))),
        };
        Ok(Err(match self.keep(Cas { store, key, seen })? {
            Ok(attempt) => CasError::CasFailed(attempt),
            Err(error) => CasError::StoreError(error.into()),
        }))
    }
}

impl atomics::HostCas for View<'_> {
    async fn new(
        &mut self,
        bucket: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Resource<Cas>, Error>> {
        let store = self.store(&bucket)?;
        let attempt = Cas {
            store,
            key,
            seen: None,
        };
        Ok(self.keep(attempt)?.map_err(Error::from))
    }

    async fn current(
        &mut self,
        handle: Resource<Cas>,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let Cas { store, key, .. } = self.table.get(&handle)?.clone();
        let value = match store.get(key).await {
            Ok(value) => value,
            Err(error) => return Ok(Err(error.into())),
        };
        self.table.get_mut(&handle)?.seen = Some(value.clone());
        Ok(Ok(value))
    }

    async fn drop(&mut self, handle: Resource<Cas>) -> wasmtime::Result<()> {
        self.close(handle)
    }
}
