//! One thread a core, each with an async runtime of its own: a request is read, computed and answered where its
//! connection lives. Handing a small request from thread to thread costs more than answering it.

use std::{
    cell::Cell,
    io,
    num::NonZeroUsize,
    rc::Rc,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::{Notify, oneshot},
    time::sleep,
};

/// How long work on blocking threads may go on when the cores stop: a statement that cannot be interrupted must not
/// keep the process from ending.
const LINGER: Duration = Duration::from_secs(2);

/// Between two beats of a [`Pulse`]: before any time-out a request begins with.
const BEAT: Duration = Duration::from_millis(4);

thread_local! {
    static CURRENT: Cell<usize> = const { Cell::new(0) };
    static PULSE: Rc<Pulse> = Rc::default();
}

/// How many cores there are to use. Found out once: it takes the system several files to say.
pub fn count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| thread::available_parallelism().map_or(1, NonZeroUsize::get))
}

/// The core this thread works for, below [`count`]. Threads that work for none count as the first.
pub fn current() -> usize {
    CURRENT.get()
}

/// A request begins on this thread.
pub fn work() {
    PULSE.with(|pulse| pulse.quicken());
}

/// A timer that is always due soon while requests come. For each timer that is due before all it knew of when it last
/// looked, a runtime is woken by a call of the system, even by its own thread; with this there is none.
#[derive(Default)]
struct Pulse {
    /// Whether a request began since the last beat.
    is_quick: Cell<bool>,
    begin: Notify,
}

impl Pulse {
    fn quicken(&self) {
        if !self.is_quick.replace(true) {
            self.begin.notify_one();
        }
    }

    /// Beats as long as requests come, and rests in between.
    async fn beat(&self) -> ! {
        loop {
            self.begin.notified().await;
            while self.is_quick.replace(false) {
                sleep(BEAT).await;
            }
        }
    }
}

/// The running threads. They stop when this is dropped; what then still runs on them is dropped with them.
pub struct Cores(Vec<Core>);

struct Core {
    runtime: Handle,
    /// Tasks that were given to it and have not ended.
    tasks: Arc<AtomicUsize>,
    /// Dropped to stop it.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Cores {
    /// Starts a thread for every core.
    pub fn start() -> io::Result<Self> {
        (0..count())
            .map(Core::start)
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// Runs a task where the fewest are running. What it spawns stays there.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let least = self
            .0
            .iter()
            .min_by_key(|core| core.tasks.load(Ordering::Relaxed));
        if let Some(core) = least {
            let counted = Counted::new(&core.tasks);
            core.runtime.spawn(async move {
                task.await;
                drop(counted);
            });
        }
    }
}

impl Core {
    fn start(index: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new()
            .name(format!("selvedge-core-{index}"))
            .spawn(move || {
                CURRENT.set(index);
                let pulse = PULSE.with(Rc::clone);
                runtime.block_on(async {
                    tokio::select! {
                        // Ends when the other side is dropped.
                        _ = stopped => (),
                        never = pulse.beat() => never,
                    }
                });
                runtime.shutdown_timeout(LINGER);
            })?;
        Ok(Self {
            runtime: handle,
            tasks: Arc::default(),
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Cores {
    fn drop(&mut self) {
        // All are told before one is waited for.
        for core in &mut self.0 {
            core.stop.take();
        }
        for thread in self.0.iter_mut().filter_map(|core| core.thread.take()) {
            // A panic on it was logged when it happened, and there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

/// One task in the count, until dropped.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(tasks: &Arc<AtomicUsize>) -> Self {
        tasks.fetch_add(1, Ordering::Relaxed);
        Self(tasks.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn tasks_spread_over_all_cores_and_stay_on_theirs() {
        let cores = Cores::start().unwrap();
        let (seen, all) = mpsc::channel();
        let (hold, held) = tokio::sync::watch::channel(());
        for _ in 0..count() {
            let (seen, mut held) = (seen.clone(), held.clone());
            cores.spawn(async move {
                let before = current();
                let child = tokio::spawn(async { current() }).await.unwrap();
                seen.send((before, child)).unwrap();
                // Ends with an error when the test lets go.
                let _ = held.changed().await;
            });
        }
        let mut found: Vec<_> = (0..count()).map(|_| all.recv().unwrap()).collect();
        drop(hold);
        found.sort_unstable();
        let expected: Vec<_> = (0..count()).map(|core| (core, core)).collect();
        assert_eq!(found, expected);
    }
}
