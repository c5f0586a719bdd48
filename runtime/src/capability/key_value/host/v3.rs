//! `spin:key-value@3.0.0`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::stream::StreamExt as _;
use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{
    Accessor, Destination, FutureReader, Linker, Resource, StreamProducer, StreamReader,
    StreamResult, VecBuffer,
};

use super::{KeyValue, View};
use crate::capability::key_value::backend::{self, Store};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "selvedge:host/key-value",
        imports: { default: async | trappable },
        with: { "spin:key-value/key-value.store": crate::capability::key_value::backend::Store },
    });
}

use bindings::spin::key_value::key_value::{self as wit, Error, HostStore, HostStoreWithStore};

/// Adds the functions of `spin:key-value` to `linker`.
pub(super) fn link<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, KeyValue>(linker, get)
}

impl wit::Host for View<'_> {}

impl HostStore for View<'_> {
    async fn drop(&mut self, handle: Resource<Store>) -> wasmtime::Result<()> {
        self.close(handle)
    }
}

/// Keys, and how reading them ended.
type Keys = (StreamReader<String>, FutureReader<Result<(), Error>>);

impl<T: Send + 'static> HostStoreWithStore<T> for KeyValue {
    async fn open(
        accessor: &Accessor<T, Self>,
        label: String,
    ) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        let opened = accessor.with(|mut access| access.get().open(&label))?;
        Ok(opened.map_err(Error::from))
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        handle: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(store(accessor, &handle)?
            .get(key)
            .await
            .map_err(Error::from))
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        handle: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(store(accessor, &handle)?
            .set(key, value)
            .await
            .map_err(Error::from))
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        handle: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(store(accessor, &handle)?
            .delete(key)
            .await
            .map_err(Error::from))
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        handle: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        Ok(store(accessor, &handle)?
            .exists(key)
            .await
            .map_err(Error::from))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        handle: Resource<Store>,
    ) -> wasmtime::Result<Keys> {
        let (ended, end) = oneshot::channel();
        let producer = Pages {
            pages: store(accessor, &handle)?.pages(),
            ended: Some(ended),
        };
        // The sender is gone where the guest dropped the stream before its end: no error.
        let end = async { wasmtime::error::Ok(end.await.unwrap_or(Ok(()))) };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, producer)?;
            let end = FutureReader::new(&mut access, end)?;
            Ok((keys, end))
        })
    }
}

fn store<T: 'static>(
    accessor: &Accessor<T, KeyValue>,
    handle: &Resource<Store>,
) -> wasmtime::Result<Store> {
    accessor.with(|mut access| Ok(access.get().table.get(handle)?.clone()))
}

/// Hands pages of keys to the guest, and its end to the future beside it.
struct Pages {
    pages: backend::Pages,
    ended: Option<oneshot::Sender<Result<(), Error>>>,
}

impl<D> StreamProducer<D> for Pages {
    type Item = String;
    type Buffer = VecBuffer<String>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, String, VecBuffer<String>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        // A read of no items asks whether there is one; there is no telling without reading the page.
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let page = match self.pages.poll_next_unpin(context) {
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            page => ready!(page),
        };
        let end = match page {
            Some(Ok(page)) => {
                destination.set_buffer(page.into());
                return Poll::Ready(Ok(StreamResult::Completed));
            }
            Some(Err(error)) => Err(error.into()),
            None => Ok(()),
        };
        if let Some(ended) = self.ended.take() {
            // Nobody may be waiting for it.
            let _ = ended.send(end);
        }
        Poll::Ready(Ok(StreamResult::Dropped))
    }
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
