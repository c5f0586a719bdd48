//! From a pre-instance to a running store: one worker owns one instance and serves requests with it until it retires.
//!
//! wasmtime's `ProxyHandler` drives the workers; this file answers its questions: what is an instance made of, may it
//! take another request, when is it too old, and what is left to do when it goes.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::time::Sleep;
use wasmtime::{Engine, Store, StoreContextMut, UpdateDeadline, component::GuestTaskId};
use wasmtime_wasi_http::{
    WasiHttpView as _,
    handler::{
        HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
    },
};

use super::{call::Call, state::State, turn::Waiting};
use crate::manifest::Settings;

/// An instance nobody needed for this long is retired, and its memory returned.
const IDLE: Duration = Duration::from_secs(30);

/// Requests after which an instance is retired, so that whatever it leaks is bounded.
const REQUESTS_PER_INSTANCE: usize = 10_000;

/// How long a busy instance may overrun its last deadline before it is taken away from outside: the epoch stops
/// guests that compute, this stops those that wait in the host.
const GRACE: Duration = Duration::from_millis(250);

/// Makes instances of one component.
pub struct Instances {
    /// The component's id in the manifest.
    pub component: String,
    /// The engine the component was compiled for.
    pub engine: Engine,
    /// The component, its imports already resolved.
    pub pre: ProxyPre<State>,
    /// Limits of an instance.
    pub settings: Settings,
    /// Makes the state of a fresh store: what this component, and only it, may reach.
    pub state: Box<dyn Fn() -> State + Send + Sync>,
}

impl HandlerState for Instances {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Worker>> {
        let mut store = Store::new(&self.engine, (self.state)());
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(on_tick);
        // Instantiation runs guest code too (constructors), and gets no longer than a request.
        store.data_mut().instantiating_until = Some(Instant::now() + self.settings.deadline);
        let proxy = self.pre.instantiate_async(&mut store).await?;
        store.data_mut().instantiating_until = None;

        let waiting = store.data().turn.waiting();
        let calls = Arc::new(Calls::default());
        Ok(Instance {
            store,
            proxy,
            view: |state| state.http(),
            expiration: Expiration {
                waiting,
                calls: Arc::downgrade(&calls),
                timer: None,
            },
            state: Worker {
                component: self.component.clone(),
                concurrency: self.settings.max_concurrency.get(),
                calls,
            },
        })
    }
}

/// Runs whenever the epoch advances under a running guest: ends it when its time is up, else lets others run.
fn on_tick(mut store: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    let state = store.data_mut();
    let now = Instant::now();
    if let Some(call) = state.call()
        && now >= call.ends_at()
    {
        call.time_out();
        wasmtime::bail!("the guest was still computing at its deadline");
    }
    if state.instantiating_until.is_some_and(|end| now >= end) {
        wasmtime::bail!("the guest was still starting at its deadline");
    }
    Ok(UpdateDeadline::YieldCustom(1, Box::pin(state.turn.tick())))
}

/// The calls an instance is handling, seen from both of its ends.
#[derive(Default)]
struct Calls(Mutex<Vec<Weak<Call>>>);

impl Calls {
    fn add(&self, call: &Arc<Call>) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.retain(|call| call.strong_count() > 0);
        calls.push(Arc::downgrade(call));
    }

    fn live(&self) -> Vec<Arc<Call>> {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().filter_map(Weak::upgrade).collect()
    }
}

/// The inside of a worker: what it accepts and what it leaves behind.
pub struct Worker {
    component: String,
    concurrency: usize,
    calls: Arc<Calls>,
}

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = Arc<Call>;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= REQUESTS_PER_INSTANCE {
            ShouldAccept::Never
        } else if concurrent < self.concurrency {
            ShouldAccept::Yes
        } else {
            ShouldAccept::No
        }
    }

    fn on_request_start(
        &self,
        mut store: StoreContextMut<'_, State>,
        call: Arc<Call>,
        _task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync + 'static>> {
        self.calls.add(&call);
        store.data_mut().begin(call.clone());
        store.set_epoch_deadline(1);
        Box::pin(async move {
            tokio::time::sleep_until(call.ends_at().into()).await;
            call.time_out();
        })
    }

    fn drop(&self, store: Store<State>, result: wasmtime::Result<()>) {
        let Err(cause) = result else { return };
        // When the process ends, idle workers are dropped where they stand, which looks like a panic and is none.
        if cause.to_string() == "worker panicked" && !std::thread::panicking() {
            return;
        }
        for call in self.calls.live() {
            // Before the store goes, and the streams of its guest end as if all had been said.
            call.break_off();
            // The host gives up on a waiting guest with an error of its own: only the clock tells why.
            if Instant::now() >= call.ends_at() {
                call.time_out();
            }
            if call.needs_report() {
                self.report(&call, &store, &cause);
            }
        }
    }
}

impl Worker {
    fn report(&self, call: &Call, store: &Store<State>, cause: &wasmtime::Error) {
        let (component, request_id) = (self.component.as_str(), call.request_id.as_str());
        if call.is_timed_out() {
            tracing::error!(component, request_id, "deadline exceeded");
        } else if store.data().limits.was_refused() {
            let cause = format!("{cause:#}");
            tracing::error!(
                component,
                request_id,
                cause,
                "component trapped after it was refused memory"
            );
        } else {
            let cause = format!("{cause:?}");
            tracing::error!(component, request_id, cause, "component trapped");
        }
    }
}

/// The outside of a worker: when to take its instance away.
pub struct Expiration {
    waiting: Waiting,
    calls: Weak<Calls>,
    timer: Option<(WorkerStatus, Instant, Pin<Box<Sleep>>)>,
}

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        status: WorkerStatus,
        since: Instant,
    ) -> Poll<()> {
        // Asked whenever the instance has nothing to run.
        self.waiting.release();
        let current = self
            .timer
            .as_ref()
            .is_some_and(|(seen, at, _)| *seen == status && *at == since);
        if !current {
            let end = self.end(status, since);
            self.timer = Some((
                status,
                since,
                Box::pin(tokio::time::sleep_until(end.into())),
            ));
        }
        match &mut self.timer {
            Some((_, _, timer)) => timer.as_mut().poll(context),
            None => Poll::Pending,
        }
    }
}

impl Expiration {
    fn end(&self, status: WorkerStatus, since: Instant) -> Instant {
        match status {
            WorkerStatus::Idle => since + IDLE,
            WorkerStatus::Requests | WorkerStatus::PostReturn => {
                self.calls
                    .upgrade()
                    .and_then(|calls| calls.live().iter().map(|call| call.ends_at()).max())
                    .map_or(since, |end| end)
                    + GRACE
            }
        }
    }
}
