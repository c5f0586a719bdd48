//! Taking turns: however many requests of one component compute for long, only as many run at once as there are cores.
//!
//! Every running guest gives its thread back at each tick. With a hundred of them looping, that would still leave a
//! neighbour waiting for a hundred ticks between two of its own steps. So a call that has computed for a while needs
//! one of its component's turns to go on, gives it back at the next tick, and queues again: heavy calls share what
//! their component is due, light ones and other components never notice.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cores;

/// Ticks a call may compute before it has to queue: enough for nearly all requests, too few to hurt anybody.
const FREE_TICKS: u32 = 4;

/// The turns of one component.
#[derive(Clone)]
pub struct Turns(Arc<Semaphore>);

impl Turns {
    /// As many turns as there are cores.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(cores::count())))
    }

    /// The place of one instance among those that take turns.
    pub fn join(&self) -> Turn {
        Turn {
            turns: self.clone(),
            ticks: 0,
            held: Arc::default(),
        }
    }
}

/// One instance's turn. It is given back when the instance waits for something, and when it is gone.
pub struct Turn {
    turns: Turns,
    ticks: u32,
    held: Held,
}

type Held = Arc<Mutex<Option<OwnedSemaphorePermit>>>;

impl Turn {
    /// A call begins: what computed before it does not count against it.
    pub fn begin(&mut self) {
        self.ticks = 0;
        release(&self.held);
    }

    /// The guest has computed for another tick. It may go on when the future completes.
    pub fn tick(&mut self) -> impl Future<Output = ()> + Send + use<> {
        self.ticks = self.ticks.saturating_add(1);
        release(&self.held);
        let queue = (self.ticks > FREE_TICKS).then(|| (self.turns.0.clone(), self.held.clone()));
        async move {
            tokio::task::yield_now().await;
            if let Some((turns, held)) = queue {
                // The semaphore is never closed; were it, nobody would have to queue.
                let turn = turns.acquire_owned().await.ok();
                *held.lock().unwrap_or_else(PoisonError::into_inner) = turn;
            }
        }
    }

    /// A handle to give the turn back with while the guest waits.
    pub fn waiting(&self) -> Waiting {
        Waiting(self.held.clone())
    }
}

/// Gives an instance's turn back.
pub struct Waiting(Held);

impl Waiting {
    /// The guest does not compute at the moment.
    pub fn release(&self) {
        release(&self.0);
    }
}

fn release(held: &Held) {
    held.lock().unwrap_or_else(PoisonError::into_inner).take();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Turns {
        Turns(Arc::new(Semaphore::new(1)))
    }

    async fn compute(turn: &mut Turn, ticks: u32) {
        for _ in 0..ticks {
            turn.tick().await;
        }
    }

    #[tokio::test]
    async fn a_short_call_never_queues() {
        let turns = one();
        let _taken = turns.0.clone().try_acquire_owned().unwrap();
        compute(&mut turns.join(), FREE_TICKS).await;
    }

    #[tokio::test]
    async fn a_long_call_waits_for_another_to_give_its_turn_back() {
        let turns = one();
        let (mut first, mut second) = (turns.join(), turns.join());
        compute(&mut first, FREE_TICKS + 1).await;
        compute(&mut second, FREE_TICKS).await;
        let mut queued = std::pin::pin!(second.tick());
        assert!(futures::poll!(&mut queued).is_pending());
        assert!(futures::poll!(&mut queued).is_pending());
        first.waiting().release();
        queued.await;
        assert_eq!(turns.0.available_permits(), 0);
        drop(second);
        assert_eq!(turns.0.available_permits(), 1);
    }

    #[tokio::test]
    async fn a_new_call_starts_light() {
        let turns = one();
        let mut turn = turns.join();
        compute(&mut turn, FREE_TICKS + 1).await;
        turn.begin();
        assert_eq!(turns.0.available_permits(), 1);
        compute(&mut turn, FREE_TICKS).await;
        assert_eq!(turns.0.available_permits(), 1);
    }
}
