//! From a pre-instance to a running store: one worker owns one instance and serves requests with it until it retires.
//!
//! wasmtime's `ProxyHandler` drives the workers; this file answers its questions: what is an instance made of, may it
//! take another request, when is it too old, and what is left to do when it goes.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::task::AtomicWaker;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::Sleep,
};
use wasmtime::{Engine, Store, StoreContextMut, UpdateDeadline, component::GuestTaskId};
use wasmtime_wasi_http::{
    WasiHttpView as _,
    handler::{
        HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
    },
};

use super::{call::Call, classic::ClassicPre, state::State, turn::Waiting, wagi::WagiPre};
use crate::{capability::wasi::Program, cores, engine::Ticker, manifest::Settings, metrics};

/// An instance nobody needed for this long is retired, and its memory returned.
const IDLE: Duration = Duration::from_secs(30);

/// Requests after which an instance is retired, so that whatever it leaks is bounded.
const REQUESTS_PER_INSTANCE: usize = 10_000;

/// As many as a component of WASI 0.2 gets: it may count on an instance of its own, as under Spin, and what is made of
/// JavaScript does.
const REQUESTS_PER_INSTANCE_0_2: usize = 1;

/// How long a busy instance may overrun its last deadline before it is taken away from outside: the epoch stops
/// guests that compute, this stops those that wait in the host.
const GRACE: Duration = Duration::from_millis(250);

/// A component by what it exports to be called with.
pub enum Pre {
    /// A handler of `wasi:http`.
    Proxy(ProxyPre<State>),
    /// The handler of Spin 1.
    Classic(ClassicPre),
    /// A program.
    Wagi(WagiPre),
}

/// Makes the state of a store, for a run of a program where it is one.
pub type MakeState = Box<dyn Fn(Option<&Program>) -> State + Send + Sync>;

/// What instances of one component are made of.
pub struct Mould {
    /// The component's id in the manifest.
    pub component: String,
    /// The engine the component was compiled for.
    pub engine: Engine,
    /// Its clock, which must not stop before the last instance does.
    pub ticker: Arc<Ticker>,
    /// The component, its imports already resolved.
    pub pre: Pre,
    /// Limits of an instance.
    pub settings: Settings,
    /// Where they are counted.
    pub metrics: Arc<metrics::Component>,
    /// Makes the state of a fresh store: what this component, and only it, may reach.
    pub state: MakeState,
}

impl Mould {
    /// A store for one more instance.
    pub fn store(&self) -> Store<State> {
        self.store_of(None)
    }

    /// A store for one more instance, which is to run `program`.
    pub fn store_of(&self, program: Option<&Program>) -> Store<State> {
        let mut store = Store::new(&self.engine, (self.state)(program));
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(on_tick);
        // Instantiation runs guest code too (constructors), and gets no longer than a request.
        store.data_mut().instantiating_until = Some(Instant::now() + self.settings.deadline);
        store
    }
}

/// Makes the instances of one component that belong to one core.
pub struct Instances {
    /// What they are made of.
    pub mould: Arc<Mould>,
    /// The core they belong to.
    pub core: usize,
    /// How many more there may be.
    pub room: Arc<Semaphore>,
    /// Whom to tell when one of them can take another request, or is gone.
    pub vacancy: Arc<Notify>,
}

/// The room of one instance. Others are told when it is given up.
struct Room {
    permit: Option<OwnedSemaphorePermit>,
    vacancy: Arc<Notify>,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.permit.take();
        self.vacancy.notify_one();
    }
}

impl HandlerState for Instances {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Worker>> {
        let permit = self.room.clone().try_acquire_owned();
        let room = Room {
            permit: Some(permit.map_err(|_| NoInstance)?),
            vacancy: self.vacancy.clone(),
        };
        let Pre::Proxy(pre) = &self.mould.pre else {
            wasmtime::bail!("what is no handler of wasi:http has an instance for each request");
        };
        let mut store = self.mould.store();
        let proxy = pre.instantiate_async(&mut store).await?;
        store.data_mut().instantiating_until = None;
        self.mould.metrics.created.add();

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
                mould: self.mould.clone(),
                requests: match pre {
                    // Away from its own core, which had no place left, it serves one request and goes.
                    _ if self.core != cores::current() => 1,
                    ProxyPre::P2(_) => REQUESTS_PER_INSTANCE_0_2,
                    ProxyPre::P3(_) => REQUESTS_PER_INSTANCE,
                },
                calls,
                _alive: self.mould.metrics.instances.hold(),
                room,
            },
        })
    }
}

/// All instances of a component are taken: by requests, or by what requests left behind that nobody waits for.
#[derive(Debug, thiserror::Error)]
#[error("all instances of the component are taken")]
pub struct NoInstance;

/// Runs whenever the epoch advances under a running guest: ends it when its time is up, else lets others run.
fn on_tick(mut store: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    let state = store.data_mut();
    let now = Instant::now();
    if let Some(call) = state.call() {
        call.step_aside();
        if now >= call.ends_at() {
            call.time_out();
            wasmtime::bail!("the guest was still computing at its deadline");
        }
    }
    if state.instantiating_until.is_some_and(|end| now >= end) {
        wasmtime::bail!("the guest was still starting at its deadline");
    }
    Ok(UpdateDeadline::YieldCustom(1, Box::pin(state.turn.tick())))
}

/// The calls an instance is handling, seen from both of its ends.
#[derive(Default)]
struct Calls {
    list: Mutex<Vec<Weak<Call>>>,
    /// Wakes the worker, to see that a call is over.
    waker: Arc<AtomicWaker>,
    /// How many were not over when the worker last looked.
    seen: AtomicUsize,
}

impl Calls {
    fn add(&self, call: &Arc<Call>) {
        call.handled_by(self.waker.clone());
        let mut calls = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        calls.retain(|call| call.strong_count() > 0);
        calls.push(Arc::downgrade(call));
    }

    fn for_each(&self, see: impl FnMut(Arc<Call>)) {
        let calls = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().filter_map(Weak::upgrade).for_each(see);
    }

    fn live(&self) -> Vec<Arc<Call>> {
        let mut live = Vec::new();
        self.for_each(|call| live.push(call));
        live
    }

    /// How many are not over yet.
    fn open(&self) -> usize {
        let mut open = 0;
        self.for_each(|call| open += usize::from(!call.is_over()));
        open
    }

    /// As [`Self::open`], where the worker looks.
    fn look(&self) -> usize {
        let open = self.open();
        self.seen.store(open, Ordering::Relaxed);
        open
    }

    /// Wakes the worker when another call is over: at once, if one was since it looked.
    fn watch(&self, context: &Context<'_>) {
        self.waker.register(context.waker());
        if self.open() < self.seen.load(Ordering::Relaxed) {
            context.waker().wake_by_ref();
        }
    }
}

/// The inside of a worker: what it accepts and what it leaves behind.
pub struct Worker {
    mould: Arc<Mould>,
    /// How many requests it takes before it retires.
    requests: usize,
    calls: Arc<Calls>,
    _alive: metrics::Counted,
    room: Room,
}

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = Arc<Call>;

    /// `concurrent` counts calls until the head of their answer is there. Until the last byte is out, an instance that
    /// fails takes the rest of the answer with it, so a call counts as long.
    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.requests {
            ShouldAccept::Never
        } else if concurrent.max(self.calls.look()) < self.mould.settings.max_concurrency.get() {
            self.room.vacancy.notify_one();
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
        let (component, request_id) = (self.mould.component.as_str(), call.request_id.as_str());
        let failures = &self.mould.metrics.failures;
        if call.is_timed_out() && call.is_abandoned() {
            tracing::debug!(component, request_id, "stopped, as its client is gone");
            return;
        }
        if call.is_timed_out() {
            failures.deadline.add();
            tracing::error!(component, request_id, "deadline exceeded");
            return;
        }
        failures.trap.add();
        if store.data().limits.was_refused() {
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
    /// Rings at the end or before it. It is set anew when it rings, not whenever the end moves on: that is with every
    /// request.
    timer: Option<Pin<Box<Sleep>>>,
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
        if let Some(calls) = self.calls.upgrade() {
            calls.for_each(|call| call.step_aside());
            calls.watch(context);
        }
        let end = self.end(status, since);
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end.into())));
        if timer.deadline() > end.into() {
            timer.as_mut().reset(end.into());
        }
        while timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= end {
                return Poll::Ready(());
            }
            timer.as_mut().reset(end.into());
        }
        Poll::Pending
    }
}

impl Expiration {
    fn end(&self, status: WorkerStatus, since: Instant) -> Instant {
        match status {
            WorkerStatus::Idle => since + IDLE,
            WorkerStatus::Requests => self.latest(since, Call::ends_at) + GRACE,
            WorkerStatus::PostReturn => self.latest(since, Call::done_by) + GRACE,
        }
    }

    fn latest(&self, since: Instant, end: fn(&Call) -> Instant) -> Instant {
        let mut latest = None;
        if let Some(calls) = self.calls.upgrade() {
            calls.for_each(|call| latest = latest.max(Some(end(&call))));
        }
        latest.unwrap_or(since)
    }
}
