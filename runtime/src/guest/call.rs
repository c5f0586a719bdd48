//! One request on its way through a guest: who it is, how long it may take, and how it ended.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// Shared by the host's side of a request and the instance that handles it.
#[derive(Debug)]
pub struct Call {
    /// The request's id, for the log and for problem responses.
    pub request_id: String,
    /// How many components called each other to get here: 0 for a request from the network.
    pub depth: u8,
    started: Instant,
    deadline: Duration,
    answered: AtomicBool,
    timed_out: AtomicBool,
    broken_off: AtomicBool,
    reported: AtomicBool,
}

impl Call {
    /// A call that starts now and must be answered within `deadline`.
    pub fn new(request_id: String, depth: u8, deadline: Duration) -> Self {
        Self {
            request_id,
            depth,
            started: Instant::now(),
            deadline,
            answered: AtomicBool::new(false),
            timed_out: AtomicBool::new(false),
            broken_off: AtomicBool::new(false),
            reported: AtomicBool::new(false),
        }
    }

    /// When the guest must have answered. Once it has, it gets as long again to send the body and finish its work.
    pub fn ends_at(&self) -> Instant {
        let rounds = if self.answered.load(Ordering::Relaxed) {
            2
        } else {
            1
        };
        self.started + self.deadline * rounds
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
