//! Request bodies as guests get them: bounded in size, and not allowed to trickle in forever.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

/// A client that sends nothing for this long in the middle of a body is given up on.
const IDLE: Duration = Duration::from_secs(15);

/// Bounds `body` to `limit` bytes, and the time between two pieces of it.
pub fn bounded(body: Incoming, limit: u64) -> WasiBody {
    if body.is_end_stream() {
        return http_body_util::Empty::new()
            .map_err(|never| match never {})
            .boxed_unsync();
    }
    Bounded {
        inner: body,
        limit,
        left: limit,
        idle: None,
    }
    .boxed_unsync()
}

struct Bounded {
    inner: Incoming,
    limit: u64,
    left: u64,
    idle: Option<Pin<Box<Sleep>>>,
}

impl Body for Bounded {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(context) else {
            let idle = this
                .idle
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(IDLE)));
            ready!(idle.as_mut().poll(context));
            return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
        };
        if let Some(idle) = &mut this.idle {
            idle.as_mut().reset(Instant::now() + IDLE);
        }
        Poll::Ready(match frame {
            Some(Ok(frame)) => {
                let size = frame.data_ref().map_or(0, |data| data.len() as u64);
                match this.left.checked_sub(size) {
                    Some(left) => {
                        this.left = left;
                        Some(Ok(frame))
                    }
                    None => Some(Err(Error::HttpRequestBodySize(Some(this.limit)))),
                }
            }
            Some(Err(error)) => Some(Err(error.into())),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
