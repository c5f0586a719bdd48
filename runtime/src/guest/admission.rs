//! How many requests a component works on, how many wait, and who goes before whom.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{cores, manifest::Settings};

/// How long a request waits for a busy component before it is told to come back.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Requests that may wait for a busy component in any case, as a multiple of those it can work on.
const QUEUE_FACTOR: usize = 4;

/// Requests that may wait for one that works through its queue: so many that the last is served within `PROMPT`, by
/// the pace at which places became free lately, and never more than this.
const QUEUE: usize = 1024;
const PROMPT: Duration = Duration::from_secs(1);

/// Places kept for requests of other components, as a part of those for the network: what comes from outside must
/// not keep components from each other, least of all from the keys that tell who is asking.
const INTERNAL_SHARE: usize = 4;

/// Instances beyond those that work: one that finishes what its client no longer waits for still needs its memory.
const SLACK: usize = 4;

/// Instances a component with these settings may have at once, whatever state they are in.
pub fn instances(settings: &Settings) -> usize {
    shares(settings).iter().map(Share::instances).sum()
}

/// What one core is due of a component's capacity.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// Instances that work.
    working: usize,
    /// Requests at once in each.
    concurrency: usize,
}

impl Share {
    /// Instances it may have at once, whatever state they are in.
    pub fn instances(&self) -> usize {
        self.working + self.working.div_ceil(INTERNAL_SHARE) + self.working.div_ceil(SLACK)
    }
}

/// The capacity that `settings` give, in equal parts: one for each core, or one for each instance if those are fewer.
pub fn shares(settings: &Settings) -> Vec<Share> {
    let most = settings.max_instances.get();
    let parts = cores::count().min(most);
    let part = |index| Share {
        working: most / parts + usize::from(index < most % parts),
        concurrency: settings.max_concurrency.get(),
    };
    (0..parts).map(part).collect()
}

/// The doors of one core's share of a component.
pub struct Admission {
    network: Door,
    internal: Door,
}

impl Admission {
    /// Doors as wide as the share.
    pub fn new(share: &Share) -> Self {
        let places = share.working * share.concurrency;
        Self {
            network: Door::new(places),
            internal: Door::new(places.div_ceil(INTERNAL_SHARE)),
        }
    }

    /// A place for a request, if there is one.
    pub fn enter(&self) -> Option<OwnedSemaphorePermit> {
        self.network.enter()
    }

    /// A place for a request, once there is one; `None` when too many wait already, or it took too long.
    pub async fn wait(&self, is_internal: bool) -> Option<OwnedSemaphorePermit> {
        if is_internal {
            self.internal.wait().await
        } else {
            self.network.wait().await
        }
    }
}

struct Door {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    pace: Mutex<Pace>,
}

impl Door {
    fn new(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            waiting: AtomicUsize::new(0),
            queue: places * QUEUE_FACTOR,
            pace: Mutex::new(Pace::new(Instant::now(), places)),
        }
    }

    fn enter(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    async fn wait(&self) -> Option<OwnedSemaphorePermit> {
        let queued = Queued::join(&self.waiting);
        {
            let (mut pace, now) = (self.pace(), Instant::now());
            if queued.before == 0 {
                pace.begin(now);
            }
            if queued.before >= self.queue.max(pace.queue(now)) {
                return None;
            }
        }
        let place = self.places.clone().acquire_owned();
        let place = tokio::time::timeout(PATIENCE, place).await.ok()?.ok()?;
        self.pace().step(Instant::now());
        Some(place)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How fast a queue moves.
struct Pace {
    /// When somebody last got a place.
    last: Instant,
    /// Time between two who got one, weighted towards the latest.
    interval: Duration,
}

impl Pace {
    /// Nothing is known of it yet: it is taken to be quick, and to prove otherwise.
    fn new(now: Instant, places: usize) -> Self {
        let places = u32::try_from(places).unwrap_or(u32::MAX).max(1);
        Self {
            last: now,
            interval: PROMPT / places.saturating_mul(2 * QUEUE_FACTOR as u32),
        }
    }

    /// Somebody waits, and nobody did before: how long ago the last place was given says nothing.
    fn begin(&mut self, now: Instant) {
        self.last = now;
    }

    /// Somebody who waited got a place.
    fn step(&mut self, now: Instant) {
        let interval = now.duration_since(self.last);
        self.interval = (self.interval * 7 + interval) / 8;
        self.last = now;
    }

    /// How long the queue may be for the last in it to be served promptly. One that stands still for long is slow,
    /// however fast it was.
    fn queue(&self, now: Instant) -> usize {
        let interval = self.interval.max(now.duration_since(self.last) / 8);
        let most = PROMPT.as_nanos() / interval.as_nanos().max(1);
        usize::try_from(most).unwrap_or(QUEUE).min(QUEUE)
    }
}

/// A place in a queue, given up when dropped.
struct Queued<'a> {
    waiting: &'a AtomicUsize,
    /// How many were there already.
    before: usize,
}

impl<'a> Queued<'a> {
    fn join(waiting: &'a AtomicUsize) -> Self {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        Self { waiting, before }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[tokio::test]
    async fn what_comes_from_outside_leaves_a_place_for_neighbours() {
        let admission = Admission::new(&Share {
            working: 1,
            concurrency: 1,
        });
        let _outside = admission.enter().unwrap();
        assert!(admission.enter().is_none());
        let inside = admission.wait(true).await;
        assert!(inside.is_some());
        assert!(admission.enter().is_none());
        drop(inside);
        assert!(admission.wait(true).await.is_some());
    }

    #[test]
    fn no_core_has_more_of_a_component_than_its_part() {
        for most in [1, 2, 3, 64, 100] {
            let shares = shares(&Settings {
                max_instances: NonZeroUsize::new(most).unwrap(),
                ..Settings::default()
            });
            assert!(shares.len() <= cores::count());
            let working: Vec<_> = shares.iter().map(|share| share.working).collect();
            assert_eq!(working.iter().sum::<usize>(), most);
            assert!(working.iter().max().unwrap() - working.iter().min().unwrap() <= 1);
        }
    }

    #[tokio::test]
    async fn who_waits_gets_the_place_that_becomes_free() {
        let door = Door::new(1);
        let taken = door.enter().unwrap();
        let mut waiting = std::pin::pin!(door.wait());
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(taken);
        assert!(waiting.await.is_some());
    }

    #[tokio::test]
    async fn a_full_queue_turns_away_at_once() {
        let door = Door::new(1);
        door.pace().interval = PROMPT;
        let _taken = door.enter().unwrap();
        let mut queue: Vec<_> = (0..QUEUE_FACTOR).map(|_| Box::pin(door.wait())).collect();
        for waiting in &mut queue {
            assert!(futures::poll!(waiting).is_pending());
        }
        assert!(door.wait().await.is_none());
        queue.pop();
        let mut next = std::pin::pin!(door.wait());
        assert!(futures::poll!(&mut next).is_pending());
    }

    #[test]
    fn a_queue_that_moves_may_grow_and_one_that_stands_still_may_not() {
        let start = Instant::now();
        let mut pace = Pace::new(start, 2);
        assert_eq!(pace.queue(start), 16);
        let mut now = start;
        for _ in 0..100 {
            now += Duration::from_millis(2);
            pace.step(now);
        }
        let moving = pace.queue(now);
        assert!((400..=500).contains(&moving), "{moving}");
        assert!(pace.queue(now + PROMPT) <= 8);
    }
}
