//! The instances of one component: admission, the call itself, and what failure means to the caller.
//!
//! Each core has a pool of its own. A request uses the one of its core, and another only where its own is full.

mod admission;
mod call;
mod classic;
mod limits;
mod state;
mod turn;
mod wagi;
mod worker;

use std::{
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi_http::{
    Error, WasiBody,
    handler::{ExpirationError, InstantiationError, ProxyHandler},
    p3::bindings::http::types::ErrorCode,
};

pub use admission::instances;
pub use call::Call;
pub use classic::ClassicPre;
pub use limits::Limits;
pub use state::State;
pub use turn::Turns;
pub use wagi::WagiPre;
pub use worker::{MakeState, Mould, Pre};

use admission::{Admission, PATIENCE, Share};
use call::Open;
use worker::{Instances, NoInstance};

use crate::{
    cores,
    manifest::StaticResponse,
    metrics,
    trace::{Span, TraceContext},
};

/// How long after its deadline a call is given up even if nothing has stopped its instance.
const LAST_RESORT: Duration = Duration::from_secs(1);

/// How long a request waits for the one before it to be done with computing. Longer, and it begins beside it.
const AFTER_YOU: Duration = Duration::from_millis(5);

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

/// What answers the requests of a route.
#[derive(Clone)]
pub enum Answer {
    /// A component.
    Guest(Arc<Guest>),
    /// Nothing that runs.
    Static(StaticResponse),
}

/// A component that is ready to be called.
pub struct Guest {
    mould: Arc<Mould>,
    /// By core; fewer than cores where there may not be that many instances.
    pools: Vec<Pool>,
}

/// The instances of one core, and the doors to them.
struct Pool {
    handler: ProxyHandler<Instances>,
    admission: Admission,
    /// For the request that computes: on one core, requests cost less that begin one after another than all at once.
    go_ahead: Arc<Semaphore>,
    /// Told when an instance can take another request, or is gone.
    vacancy: Arc<Notify>,
}

impl Pool {
    /// The answer to a request that was admitted. Its place may be free before an instance is: one that sent the last
    /// byte has still to come to rest, and one whose client left works on. It is waited for as a place is.
    async fn answer(
        &self,
        call: &Open,
        mut request: Request<WasiBody>,
    ) -> Result<Response<WasiBody>, wasmtime::Error> {
        let patience = Instant::now() + PATIENCE;
        loop {
            let answer = self.handler.handle(call.call(), request).await;
            let refused = match answer.map_err(|error| error.downcast::<Refused>()) {
                Ok(response) => return Ok(response),
                Err(Ok(refused)) if refused.error.is::<NoInstance>() => refused,
                Err(Ok(refused)) => return Err(refused.into()),
                Err(Err(error)) => return Err(error),
            };
            call.step_aside();
            let vacancy = self.vacancy.notified();
            if tokio::time::timeout_at(patience.into(), vacancy)
                .await
                .is_err()
            {
                return Err(refused.into());
            }
            request = refused
                .request
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A request that no instance could be made for.
type Refused = InstantiationError<Arc<Call>>;

impl Guest {
    /// Takes requests for instances made of `mould`, up to the limits in its settings.
    pub fn new(mould: Mould) -> Self {
        let mould = Arc::new(mould);
        let shares = admission::shares(&mould.settings);
        let pool = |(core, share): (usize, Share)| {
            let vacancy = Arc::<Notify>::default();
            Pool {
                admission: Admission::new(&share),
                go_ahead: Arc::new(Semaphore::new(1)),
                handler: ProxyHandler::new(Instances {
                    mould: mould.clone(),
                    core,
                    room: Arc::new(Semaphore::new(share.instances())),
                    vacancy: vacancy.clone(),
                }),
                vacancy,
            }
        };
        Self {
            pools: shares.into_iter().enumerate().map(pool).collect(),
            mould,
        }
    }

    /// The component's id in the manifest.
    pub fn id(&self) -> &str {
        &self.mould.component
    }

    /// Bytes a request body may have.
    pub fn max_body(&self) -> u64 {
        self.mould.settings.max_body
    }

    /// Hands one request to an instance and waits for the head of its response; the body streams after. `trace` is where
    /// the request stands in its trace, `depth` how many components called each other before; 0 is the network.
    pub async fn call(
        &self,
        mut request: Request<WasiBody>,
        request_id: String,
        trace: TraceContext,
        depth: u8,
    ) -> Result<Response<WasiBody>, Failure> {
        cores::work();
        let metrics = &self.mould.metrics;
        let queued = metrics.queued.hold();
        let Some((pool, place)) = self.admit(depth > 0).await else {
            tracing::warn!(component = self.id(), request_id, "no capacity left");
            metrics.failures.refused.add();
            return Err(Failure::Busy);
        };
        drop(queued);
        let in_flight = metrics.in_flight.hold();
        let (mut span, trace) = Span::of_component(&mut request, trace, self.id());
        let deadline = self.mould.settings.deadline;
        let call = Call::new(request_id, trace, depth, deadline, place);
        let call = Open::new(call.safe(request.method().is_safe()));
        let go_ahead = tokio::time::timeout(AFTER_YOU, pool.go_ahead.clone().acquire_owned());
        if let Ok(Ok(permit)) = go_ahead.await {
            call.go_ahead(permit);
        }
        let answer = self.answer(pool, &call, request);
        let last_resort = call.ends_at() + LAST_RESORT;
        match tokio::time::timeout_at(last_resort.into(), answer).await {
            Ok(Ok(response)) => {
                call.answered();
                let sending = |inner| Sending {
                    inner,
                    call,
                    _in_flight: in_flight,
                };
                Ok(response.map(|body| sending(body).boxed_unsync()))
            }
            Ok(Err(error)) => {
                span.fail();
                Err(self.failure(&call, &error))
            }
            Err(_) => {
                span.fail();
                call.time_out();
                Err(self.failure(&call, &ExpirationError.into()))
            }
        }
    }

    /// A place in the pool of this core; where it is full, in any that is not; else the next that is free in its own.
    async fn admit(&self, is_internal: bool) -> Option<(&Pool, OwnedSemaphorePermit)> {
        let own = self.pools.get(cores::current() % self.pools.len().max(1))?;
        let enter = |pool: &'_ Pool| pool.admission.enter();
        let others = self.pools.iter();
        let free = std::iter::once(own)
            .chain(others)
            .find_map(|pool| Some((pool, enter(pool)?)));
        match free {
            Some(free) => Some(free),
            None => Some((own, own.admission.wait(is_internal).await?)),
        }
    }

    /// What an instance of this pool's answers; what fails is reported by who ends it.
    async fn answer(
        &self,
        pool: &Pool,
        call: &Open,
        request: Request<WasiBody>,
    ) -> wasmtime::Result<Response<WasiBody>> {
        let mould = &self.mould;
        if matches!(mould.pre, Pre::Proxy(_)) {
            return pool.answer(call, request).await;
        }
        call.step_aside();
        let metrics = &mould.metrics;
        let _alive = metrics.instances.hold();
        metrics.created.add();
        let answer = match &mould.pre {
            Pre::Proxy(_) => return pool.answer(call, request).await,
            Pre::Classic(pre) => pre.handle(mould.store(), &call.call(), request).await,
            Pre::Wagi(pre) => pre.handle(mould, &call.call(), request).await,
        };
        if let Err(cause) = &answer
            && !call.is_timed_out()
            && call.needs_report()
        {
            metrics.failures.trap.add();
            let (component, request_id) = (self.id(), call.request_id.as_str());
            let cause = format!("{cause:?}");
            tracing::error!(component, request_id, cause, "component trapped");
        }
        answer
    }

    fn failure(&self, call: &Call, error: &wasmtime::Error) -> Failure {
        let (component, request_id) = (self.id(), call.request_id.as_str());
        if call.is_timed_out() || error.is::<ExpirationError>() || Instant::now() >= call.ends_at()
        {
            if call.needs_report() {
                self.mould.metrics.failures.deadline.add();
                tracing::error!(component, request_id, "deadline exceeded");
            }
            return Failure::Deadline;
        }
        if let Some(refused) = error.downcast_ref::<Refused>() {
            let cause = format!("{:#}", refused.error);
            if refused.error.is::<NoInstance>()
                || refused.error.is::<wasmtime::PoolConcurrencyLimitError>()
            {
                self.mould.metrics.failures.refused.add();
                tracing::warn!(component, request_id, cause, "no instance left");
                return Failure::Busy;
            }
            self.mould.metrics.failures.error.add();
            tracing::error!(
                component,
                request_id,
                cause,
                "component could not be started"
            );
        } else if let Some(code) = error.downcast_ref::<ErrorCode>() {
            self.mould.metrics.failures.error.add();
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

/// A response body that keeps its call's place until the last byte is out, and does not pass a part off as the whole.
struct Sending {
    inner: WasiBody,
    call: Open,
    _in_flight: metrics::Counted,
}

impl Body for Sending {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        // The body of an instance that is gone just stops.
        if frame.is_none() && self.call.is_broken_off() {
            return Poll::Ready(Some(Err(Error::ConnectionTerminated)));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
