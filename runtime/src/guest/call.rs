//! One request on its way through a guest: who it is, how long it may take, and how it ended.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures::task::AtomicWaker;
use tokio::sync::OwnedSemaphorePermit;

use crate::trace::TraceContext;

/// How long an instance may go on with a safe request (RFC 9110, 9.2.1) that nobody waits for any more: most are done
/// by then, and the instance good for another. Others may be changing something, and go on to their deadline.
const ABANDONED: Duration = Duration::from_secs(1);

/// Shared by the host's side of a request and the instance that handles it.
#[derive(Debug)]
pub struct Call {
    /// The request's id, for the log and for problem responses.
    pub request_id: String,
    /// Where the request stands in its trace.
    pub trace: TraceContext,
    /// How many components called each other to get here: 0 for a request from the network.
    pub depth: u8,
    started: Instant,
    deadline: Duration,
    place: Mutex<Option<OwnedSemaphorePermit>>,
    go_ahead: Mutex<Option<OwnedSemaphorePermit>>,
    answered: AtomicBool,
    timed_out: AtomicBool,
    broken_off: AtomicBool,
    reported: AtomicBool,
    closed: AtomicBool,
    is_safe: bool,
    abandoned: OnceLock<Instant>,
    worker: OnceLock<Arc<AtomicWaker>>,
}

impl Call {
    /// A call that starts now, must be answered within `deadline`, and holds `place` until it is over.
    pub fn new(
        request_id: String,
        trace: TraceContext,
        depth: u8,
        deadline: Duration,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            request_id,
            trace,
            depth,
            started: Instant::now(),
            deadline,
            place: Mutex::new(Some(place)),
            go_ahead: Mutex::default(),
            answered: AtomicBool::new(false),
            timed_out: AtomicBool::new(false),
            broken_off: AtomicBool::new(false),
            reported: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            is_safe: false,
            abandoned: OnceLock::new(),
            worker: OnceLock::new(),
        }
    }

    /// The call computes from now on, and nobody else's does on its core until it steps aside.
    pub fn go_ahead(&self, permit: OwnedSemaphorePermit) {
        let mut held = self.go_ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(permit);
    }

    /// The call waits for something, or has computed for long: the next may begin.
    pub fn step_aside(&self) {
        let mut held = self.go_ahead.lock().unwrap_or_else(PoisonError::into_inner);
        held.take();
    }

    /// The same, for a request that `is_safe`: it changes nothing, so it may end in the middle once nobody waits for it.
    pub fn safe(self, is_safe: bool) -> Self {
        Self { is_safe, ..self }
    }

    /// Whether it has no client any more, and was not answered before.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned.get().is_some()
    }

    /// The worker whose instance handles the call from now on; it is woken when the call is over.
    pub fn handled_by(&self, worker: Arc<AtomicWaker>) {
        // Only one worker ever takes a call.
        let _ = self.worker.set(worker);
    }

    /// Whether nobody waits for anything of the answer any more.
    pub fn is_over(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// When the guest must have answered; once it has, when it must be done.
    pub fn ends_at(&self) -> Instant {
        if self.answered.load(Ordering::Relaxed) {
            return self.done_by();
        }
        let end = self.started + self.deadline;
        match self.abandoned.get() {
            Some(at) if self.is_safe => end.min(*at + ABANDONED),
            _ => end,
        }
    }

    /// When the guest must have sent the body and finished its work: it gets as long for that as to answer.
    pub fn done_by(&self) -> Instant {
        self.started + self.deadline * 2
    }

    /// The guest has answered with a status and headers.
    pub fn answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// The guest was stopped because its time was up.
    pub fn time_out(&self) {
        self.timed_out.store(true, Ordering::Relaxed);
    }

    /// The instance is gone, and whatever it had not yet said of its answer with it.
    pub fn break_off(&self) {
        self.broken_off.store(true, Ordering::Release);
        self.leave();
    }

    /// Gives the place up.
    fn leave(&self) {
        self.step_aside();
        self.place
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// Whether the instance is gone: an answer that ends now is not whole.
    pub fn is_broken_off(&self) -> bool {
        self.broken_off.load(Ordering::Acquire)
    }

    /// Whether the failure of this call has yet to be logged; true once, so that one failure is one event.
    pub fn needs_report(&self) -> bool {
        !self.reported.swap(true, Ordering::Relaxed)
    }

    /// Whether the guest was stopped because its time was up.
    pub fn is_timed_out(&self) -> bool {
        self.timed_out.load(Ordering::Relaxed)
    }
}

/// The host's side of a call, from its start until its answer was sent to the last byte, or nobody wants it any more.
/// The call is over when this is dropped.
#[derive(Debug)]
pub struct Open(Arc<Call>);

impl Open {
    /// Begins with `call`.
    pub fn new(call: Call) -> Self {
        Self(Arc::new(call))
    }

    /// The instance's side of the call.
    pub fn call(&self) -> Arc<Call> {
        self.0.clone()
    }
}

impl Deref for Open {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.0
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.0.answered.load(Ordering::Relaxed) {
            let _ = self.0.abandoned.set(Instant::now());
        }
        self.0.closed.store(true, Ordering::Release);
        self.0.leave();
        if let Some(worker) = self.0.worker.get() {
            worker.wake();
        }
    }
}
