//! The instances of one component: admission, the call itself, and what failure means to the caller.

mod call;
mod limits;
mod state;
mod turn;
mod worker;

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi_http::{
    Error, WasiBody,
    handler::{ExpirationError, InstantiationError, ProxyHandler},
};

pub use call::Call;
pub use limits::Limits;
pub use state::State;
pub use turn::Turns;
pub use worker::Instances;

/// How long a request waits for a busy component before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Places kept for requests of other components, as a part of those for the network: what comes from outside must
/// not keep components from each other, least of all from the keys that tell who is asking.
pub const INTERNAL_SHARE: usize = 4;

/// Requests that may wait for a busy component, as a multiple of those it can work on.
const QUEUE_FACTOR: usize = 4;

/// Why a component gave no answer. The log has the cause; the caller gets a status.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It trapped, or answered with an HTTP error code instead of a response.
    #[error("the component failed")]
    Trap,
    /// It did not answer in time.
    #[error("the component did not answer in time")]
    Deadline,
    /// All its instances are busy, and enough requests wait already.
    #[error("the component has no capacity left")]
    Busy,
}

/// A component that is ready to be called.
pub struct Guest {
    id: String,
    handler: ProxyHandler<Instances>,
    permits: Arc<Semaphore>,
    internal: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    deadline: Duration,
    max_body: u64,
}

impl Guest {
    /// Takes requests for `instances`, up to the limits in their settings.
    pub fn new(instances: Instances) -> Self {
        let capacity =
            instances.settings.max_instances.get() * instances.settings.max_concurrency.get();
        Self {
            id: instances.component.clone(),
            permits: Arc::new(Semaphore::new(capacity)),
            internal: Arc::new(Semaphore::new(capacity.div_ceil(INTERNAL_SHARE))),
            waiting: AtomicUsize::new(0),
            queue: capacity * QUEUE_FACTOR,
            deadline: instances.settings.deadline,
            max_body: instances.settings.max_body,
            handler: ProxyHandler::new(instances),
        }
    }

    /// The component's id in the manifest.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Bytes a request body may have.
    pub fn max_body(&self) -> u64 {
        self.max_body
    }

    /// Hands one request to an instance and waits for the head of its response; the body streams after.
    pub async fn call(
        &self,
        request: Request<WasiBody>,
        request_id: String,
        depth: u8,
    ) -> Result<Response<WasiBody>, Failure> {
        let permits = if depth == 0 {
            &self.permits
        } else {
            &self.internal
        };
        let permit = self.admit(permits).await.ok_or(Failure::Busy)?;
        let call = Arc::new(Call::new(request_id, depth, self.deadline));
        let response = match self.handler.handle(call.clone(), request).await {
            Ok(response) => response,
            Err(error) => return Err(self.failure(&call, error)),
        };
        call.answered();
        Ok(response.map(|inner| {
            Counted {
                inner,
                _permit: permit,
                call,
            }
            .boxed_unsync()
        }))
    }

    /// A place among the requests being worked on, once there is one; `None` when too many wait already.
    async fn admit(&self, permits: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = permits.clone().try_acquire_owned() {
            return Some(permit);
        }
        let _place = Place::take(&self.waiting, self.queue)?;
        match tokio::time::timeout(PATIENCE, permits.clone().acquire_owned()).await {
            Ok(permit) => permit.ok(),
            Err(_) => None,
        }
    }

    fn failure(&self, call: &Call, error: wasmtime::Error) -> Failure {
        let (component, request_id) = (self.id.as_str(), call.request_id.as_str());
        if call.is_timed_out() || error.is::<ExpirationError>() {
            if call.needs_report() {
                tracing::error!(component, request_id, "deadline exceeded");
            }
            return Failure::Deadline;
        }
        if let Some(refused) = error.downcast_ref::<InstantiationError<Arc<Call>>>() {
            let cause = format!("{:#}", refused.error);
            if refused.error.is::<wasmtime::PoolConcurrencyLimitError>() {
                tracing::warn!(component, request_id, cause, "no instance left");
                return Failure::Busy;
            }
            tracing::error!(
                component,
                request_id,
                cause,
                "component could not be started"
            );
        } else if let Some(code) =
            error.downcast_ref::<wasmtime_wasi_http::p3::bindings::http::types::ErrorCode>()
        {
            tracing::error!(
                component,
                request_id,
                ?code,
                "component answered with an error code"
            );
        }
        Failure::Trap
    }
}

/// A place in the queue, given up when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A response body that keeps its instance's place until the last byte is out, and ends in an error where its instance
/// failed before: half an answer must not pass for a whole one.
struct Counted {
    inner: WasiBody,
    _permit: OwnedSemaphorePermit,
    call: Arc<Call>,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(None) if self.call.is_broken_off() => {
                Poll::Ready(Some(Err(Error::ConnectionTerminated)))
            }
            frame => frame,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
