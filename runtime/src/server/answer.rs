//! The body of an answer on its way out: as long as it lasts, so do its exchange and the application that gave it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use wasmtime_wasi_http::{Error, WasiBody};

use super::pace::Exchange;
use crate::app::App;

/// A body, and what must not end before it.
pub struct AnswerBody {
    inner: WasiBody,
    exchange: Exchange,
    _app: Arc<App>,
}

impl AnswerBody {
    /// The answer to a request that `app` got in `exchange`.
    pub fn new(inner: WasiBody, exchange: Exchange, app: Arc<App>) -> Self {
        exchange.handed();
        Self {
            inner,
            exchange,
            _app: app,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        // Who asks for a piece has sent the one before.
        self.exchange.taken();
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        self.exchange.handed();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
