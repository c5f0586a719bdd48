//! Request bodies as guests get them: bounded in size, and not allowed to trickle in while an instance waits.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

/// What is read of a body before an instance is asked for, in bytes. Most bodies are smaller, and a client that sends
/// one byte at a time then costs a connection rather than an instance.
const AHEAD: usize = 64 << 10;

/// How long a client may take to send that much, or all there is.
const PROMPT: Duration = Duration::from_secs(10);

/// A client that sends nothing for this long in the rest of the body is given up on.
const IDLE: Duration = Duration::from_secs(15);

/// Why a body did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The client took too long.
    Slow,
    /// There is more of it than allowed.
    TooLarge,
    /// It broke off, or what it sent is no body.
    Broken,
}

/// What became of the part of a body that was still to come when its request went to an instance.
#[derive(Debug, Clone, Default)]
pub struct Fate(Option<Arc<OnceLock<Lost>>>);

impl Fate {
    /// Why it did not arrive, if that is known.
    pub fn lost(&self) -> Option<Lost> {
        self.0.as_ref()?.get().copied()
    }

    /// Only what went wrong first counts.
    fn seal(&self, lost: Lost) {
        if let Some(fate) = &self.0 {
            let _ = fate.set(lost);
        }
    }
}

/// Reads the beginning of `body`, and bounds the rest: to `limit` bytes in all, and in the time between two pieces.
pub async fn receive(mut body: Incoming, limit: u64) -> Result<(WasiBody, Fate), Lost> {
    let mut ahead = BytesMut::new();
    let mut trailers = None;
    let read = async {
        while ahead.len() < AHEAD {
            match body.frame().await {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => ahead.extend_from_slice(&data),
                    Err(frame) => trailers = Some(frame),
                },
                Some(Err(_)) => return Err(Lost::Broken),
                None => return Ok(true),
            }
        }
        Ok(body.is_end_stream())
    };
    let is_whole = tokio::time::timeout(PROMPT, read)
        .await
        .map_err(|_| Lost::Slow)??;
    let ahead = ahead.freeze();
    if ahead.len() as u64 > limit {
        return Err(Lost::TooLarge);
    }
    if is_whole && trailers.is_none() {
        let whole = Full::new(ahead).map_err(|never| match never {});
        return Ok((whole.boxed_unsync(), Fate::default()));
    }
    let fate = Fate(Some(Arc::default()));
    let rest = Rest {
        ahead: Some(ahead).filter(|ahead| !ahead.is_empty()),
        trailers,
        inner: body,
        limit,
        left: limit,
        idle: None,
        fate: fate.clone(),
    };
    Ok((rest.boxed_unsync(), fate))
}

/// What was read ahead, and then what is still to come.
struct Rest {
    ahead: Option<Bytes>,
    trailers: Option<Frame<Bytes>>,
    inner: Incoming,
    limit: u64,
    left: u64,
    idle: Option<Pin<Box<Sleep>>>,
    fate: Fate,
}

impl Rest {
    /// Takes a frame off what is left of the limit.
    fn count(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Error> {
        let size = frame.data_ref().map_or(0, |data| data.len() as u64);
        match self.left.checked_sub(size) {
            Some(left) => {
                self.left = left;
                Ok(frame)
            }
            None => {
                self.fate.seal(Lost::TooLarge);
                Err(Error::HttpRequestBodySize(Some(self.limit)))
            }
        }
    }
}

impl Body for Rest {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if let Some(ahead) = this.ahead.take() {
            return Poll::Ready(Some(this.count(Frame::data(ahead))));
        }
        if let Some(trailers) = this.trailers.take() {
            return Poll::Ready(Some(Ok(trailers)));
        }
        let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(context) else {
            let idle = this
                .idle
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(IDLE)));
            ready!(idle.as_mut().poll(context));
            this.fate.seal(Lost::Slow);
            return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
        };
        if let Some(idle) = &mut this.idle {
            idle.as_mut().reset(Instant::now() + IDLE);
        }
        Poll::Ready(match frame {
            Some(Ok(frame)) => Some(this.count(frame)),
            Some(Err(error)) => {
                this.fate.seal(Lost::Broken);
                Some(Err(error.into()))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ahead.is_none() && self.trailers.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = self.ahead.as_ref().map_or(0, |ahead| ahead.len() as u64);
        let mut hint = self.inner.size_hint();
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + ahead);
        }
        hint.set_lower(hint.lower() + ahead);
        hint
    }
}
