//! How long a client may take: to send the head of a request, to think of another, and to take what it is sent.
//!
//! One clock a connection, looked at when it is due rather than wound up for every request. It knows what its
//! connection waits for from three sides: the stream tells of bytes, the service of exchanges that begin, their bodies
//! of what was handed over and of the end.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep};

/// How much time there is for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From the first byte of a request until its head is there: who dawdles (slow-loris) is cut off.
    pub head: Duration,
    /// Without a request. Longer than the minute after which most proxies give up a connection they keep: it is for
    /// them to do so, as a request they send just then would be lost.
    pub idle: Duration,
    /// Without a request while others wait to connect.
    pub crowded: Duration,
    /// Until a client that is sent something takes a piece of it.
    pub stalled: Duration,
    /// For an orderly end of a connection that was told to come to one.
    pub farewell: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            crowded: Duration::from_secs(5),
            stalled: Duration::from_secs(30),
            farewell: Duration::from_secs(5),
        }
    }
}

/// What a client has overdone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// Nothing was asked for a while: the connection may end in good order.
    Idle,
    /// It sends too slowly, or takes too slowly what it is sent: the connection is not worth another word.
    Stuck,
}

/// Where a connection stands. Clones are about the same one.
#[derive(Clone)]
pub struct Pace(Arc<Mutex<Standing>>);

struct Standing {
    patience: Patience,
    /// Streams may share the connection, and what is not about any of them flows at any time.
    is_multiplexed: bool,
    /// Requests that are not yet answered to the last byte.
    exchanges: usize,
    /// When the last exchange ended, or the connection began.
    quiet_since: Instant,
    /// When the first byte of a head that is not complete came in.
    head_since: Option<Instant>,
    /// When the stream last refused bytes, if it still does.
    blocked_since: Option<Instant>,
    /// What streams were given to send, and when: the next piece is asked for once the client took this one.
    handed: Vec<(u64, Instant)>,
    /// How many requests there have been.
    begun: u64,
    /// Set once the connection was told to end.
    farewell_since: Option<Instant>,
}

impl Pace {
    /// Begins with a connection that has just been made.
    pub fn new(patience: Patience) -> Self {
        Self(Arc::new(Mutex::new(Standing {
            patience,
            is_multiplexed: false,
            exchanges: 0,
            quiet_since: Instant::now(),
            head_since: None,
            blocked_since: None,
            handed: Vec::new(),
            begun: 0,
            farewell_since: None,
        })))
    }

    /// A request has arrived.
    pub fn begin(&self) -> Exchange {
        let mut standing = self.standing();
        standing.exchanges += 1;
        standing.head_since = None;
        standing.begun += 1;
        Exchange {
            pace: self.clone(),
            id: standing.begun,
        }
    }

    /// The connection carries streams from now on.
    pub fn multiplexed(&self) {
        let mut standing = self.standing();
        standing.is_multiplexed = true;
        standing.head_since = None;
    }

    /// Bytes came in.
    pub fn received(&self) {
        let mut standing = self.standing();
        if standing.exchanges == 0 && standing.head_since.is_none() && !standing.is_multiplexed {
            standing.head_since = Some(Instant::now());
        }
    }

    /// The stream took bytes, or refused to.
    pub fn sent<T>(&self, outcome: &Poll<T>) {
        let mut standing = self.standing();
        if outcome.is_ready() {
            standing.blocked_since = None;
        } else {
            standing.blocked_since.get_or_insert_with(Instant::now);
        }
    }

    /// The connection was told to end.
    pub fn farewell(&self) {
        self.standing()
            .farewell_since
            .get_or_insert_with(Instant::now);
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    /// When which limit is passed, as things stand.
    fn limit(&self, is_crowded: bool) -> Option<(Instant, Overdue)> {
        let patience = &self.patience;
        let stuck = |since: Instant, limit: Duration| (since + limit, Overdue::Stuck);
        if let Some(blocked) = self.blocked_since {
            return Some(stuck(blocked, patience.stalled));
        }
        if self.exchanges > 0 {
            // Elsewhere the stream tells.
            let oldest = self.handed.iter().map(|(_, at)| *at).min();
            let oldest = oldest.filter(|_| self.is_multiplexed);
            return oldest.map(|at| stuck(at, patience.stalled));
        }
        if let Some(farewell) = self.farewell_since {
            return Some(stuck(farewell.max(self.quiet_since), patience.farewell));
        }
        if let Some(head) = self.head_since {
            return Some(stuck(head, patience.head));
        }
        let idle = if is_crowded {
            patience.crowded
        } else if self.begun == 0 {
            // Who connected only to be connected has less to lose.
            patience.head
        } else {
            patience.idle
        };
        Some((self.quiet_since + idle, Overdue::Idle))
    }
}

/// A request on its way, until this is dropped: when its answer was sent to the last byte, or nobody wants it.
pub struct Exchange {
    pace: Pace,
    id: u64,
}

impl Exchange {
    /// A piece of the answer goes to the client, its head being the first.
    pub fn handed(&self) {
        let mut standing = self.pace.standing();
        if standing.is_multiplexed {
            let now = (self.id, Instant::now());
            standing.handed.push(now);
        }
    }

    /// The client took what it was handed.
    pub fn taken(&self) {
        let mut standing = self.pace.standing();
        standing.handed.retain(|(id, _)| *id != self.id);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.taken();
        let mut standing = self.pace.standing();
        standing.exchanges -= 1;
        standing.quiet_since = Instant::now();
    }
}

/// Tells when a connection is overdue. To be polled by the task of the connection, after the connection itself.
pub struct Clock {
    pace: Pace,
    timer: Pin<Box<Sleep>>,
}

impl Clock {
    /// A clock for the connection that `pace` is about.
    pub fn new(pace: Pace) -> Self {
        let timer = Box::pin(tokio::time::sleep(pace.standing().patience.crowded));
        Self { pace, timer }
    }

    /// Completes when the client is overdue. `is_crowded` tells whether others wait for its place.
    pub fn poll(
        &mut self,
        context: &mut Context<'_>,
        is_crowded: impl Fn() -> bool,
    ) -> Poll<Overdue> {
        loop {
            // What is due later than the timer is looked at when it rings.
            let (limit, crowded) = {
                let standing = self.pace.standing();
                (standing.limit(is_crowded()), standing.patience.crowded)
            };
            if let Some((at, _)) = limit
                && at < self.timer.deadline()
            {
                self.timer.as_mut().reset(at);
            }
            ready!(self.timer.as_mut().poll(context));
            let now = Instant::now();
            let next = now + crowded;
            match limit {
                Some((at, overdue)) if at <= now => {
                    self.timer.as_mut().reset(next);
                    return Poll::Ready(overdue);
                }
                Some((at, _)) => self.timer.as_mut().reset(at.min(next)),
                None => self.timer.as_mut().reset(next),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// So long that no test waits for it.
    const LONG: Duration = Duration::from_secs(3600);

    const NEVER: Patience = Patience {
        head: LONG,
        idle: LONG,
        crowded: LONG,
        stalled: LONG,
        farewell: LONG,
    };

    /// So short that every test can.
    const SHORT: Duration = Duration::from_millis(20);

    async fn overdue(pace: &Pace) -> Overdue {
        let mut clock = Clock::new(pace.clone());
        poll_fn(|context| clock.poll(context, || false)).await
    }

    #[tokio::test]
    async fn who_does_not_finish_a_head_is_stuck() {
        let pace = Pace::new(Patience {
            head: SHORT,
            ..NEVER
        });
        drop(pace.begin());
        pace.received();
        assert_eq!(overdue(&pace).await, Overdue::Stuck);
    }

    #[tokio::test]
    async fn who_asks_for_nothing_is_idle() {
        let pace = Pace::new(Patience {
            idle: SHORT,
            ..NEVER
        });
        drop(pace.begin());
        assert_eq!(overdue(&pace).await, Overdue::Idle);
    }

    #[tokio::test]
    async fn where_others_wait_idleness_is_shorter() {
        let pace = Pace::new(Patience {
            crowded: SHORT,
            ..NEVER
        });
        drop(pace.begin());
        let mut clock = Clock::new(pace);
        let overdue = poll_fn(|context| clock.poll(context, || true)).await;
        assert_eq!(overdue, Overdue::Idle);
    }

    #[tokio::test]
    async fn who_takes_nothing_of_an_answer_is_stuck() {
        let pace = Pace::new(Patience {
            stalled: SHORT,
            ..NEVER
        });
        let _exchange = pace.begin();
        pace.sent(&Poll::<()>::Pending);
        assert_eq!(overdue(&pace).await, Overdue::Stuck);
    }

    #[tokio::test]
    async fn a_stream_whose_window_stays_shut_is_stuck_though_others_flow() {
        let pace = Pace::new(Patience {
            stalled: SHORT,
            ..NEVER
        });
        pace.multiplexed();
        let stuck = pace.begin();
        stuck.handed();
        let flowing = pace.begin();
        flowing.handed();
        flowing.taken();
        assert_eq!(overdue(&pace).await, Overdue::Stuck);
    }

    #[tokio::test]
    async fn nobody_is_hurried_while_a_component_works() {
        let hasty = Patience {
            head: SHORT,
            idle: SHORT,
            crowded: SHORT,
            stalled: SHORT,
            farewell: SHORT,
        };
        let pace = Pace::new(hasty);
        let _exchange = pace.begin();
        pace.received();
        pace.farewell();
        assert_eq!(pace.standing().limit(true), None);
    }

    #[tokio::test]
    async fn who_does_not_leave_when_told_to_is_stuck() {
        let pace = Pace::new(Patience {
            farewell: SHORT,
            ..NEVER
        });
        pace.farewell();
        assert_eq!(overdue(&pace).await, Overdue::Stuck);
    }
}
