//! The handles of one database, and who may use them when.
//!
//! Any number may read at a time, up to the size of the pool; one may write. Writers queue here, in order and without a
//! thread or a handle each, rather than in SQLite, whose busy handler sleeps and retries and serves whoever happens to
//! come first. It still stands behind this queue, for other processes that open the file.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::group::Queue;
use super::handle::Handle;
use super::{Error, Limits};

/// The handles to one file.
pub struct Pool {
    path: PathBuf,
    pub(super) limits: Limits,
    readers: Arc<Semaphore>,
    turn: Arc<Semaphore>,
    pub(super) queue: Queue,
    idle: Mutex<Idle>,
}

/// Open handles nobody uses. The writer has one of its own, so that it never waits for a reader to finish.
#[derive(Default)]
struct Idle {
    readers: Vec<Handle>,
    writer: Option<Handle>,
    closed: bool,
}

impl Pool {
    /// A pool over the file at `path`, with one handle open already.
    pub fn new(path: PathBuf, limits: Limits, handle: Handle) -> Self {
        Self {
            path,
            readers: Arc::new(Semaphore::new(limits.connections)),
            turn: Arc::new(Semaphore::new(1)),
            queue: Queue::default(),
            idle: Mutex::new(Idle {
                writer: Some(handle),
                ..Idle::default()
            }),
            limits,
        }
    }

    /// A lease to read, or to begin a transaction with.
    pub async fn reader(self: &Arc<Self>) -> Result<Lease, Error> {
        let place = self
            .wait(&self.readers, "all connections are in use")
            .await?;
        let handle = self.idle().readers.pop();
        Ok(Lease {
            pool: self.clone(),
            handle,
            place: Some(place),
            turn: None,
            may_block: false,
        })
    }

    /// A lease to read with a handle that is open, if one is free at this moment.
    pub fn try_reader(self: &Arc<Self>) -> Option<Lease> {
        let place = self.readers.clone().try_acquire_owned().ok()?;
        let handle = self.idle().readers.pop()?;
        Some(Lease {
            pool: self.clone(),
            handle: Some(handle),
            place: Some(place),
            turn: None,
            may_block: false,
        })
    }

    /// A lease to write.
    pub async fn writer(self: &Arc<Self>) -> Result<Lease, Error> {
        let turn = self.turn().await?;
        Ok(self.to_write(turn))
    }

    /// A lease to write, if nobody writes or waits to.
    pub fn try_writer(self: &Arc<Self>) -> Option<Lease> {
        let turn = self.turn.clone().try_acquire_owned().ok()?;
        Some(self.to_write(turn))
    }

    fn to_write(self: &Arc<Self>, turn: OwnedSemaphorePermit) -> Lease {
        let handle = self.idle().writer.take();
        Lease {
            pool: self.clone(),
            handle,
            place: None,
            turn: Some(turn),
            may_block: false,
        }
    }

    /// The turn to write, for a transaction that began by reading and goes on with the handle it has.
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.wait(&self.turn, "others are waiting to write").await
    }

    async fn wait(
        &self,
        semaphore: &Arc<Semaphore>,
        busy: &'static str,
    ) -> Result<OwnedSemaphorePermit, Error> {
        match tokio::time::timeout(self.limits.wait, semaphore.clone().acquire_owned()).await {
            Ok(permit) => permit.map_err(|_| Error::Closed),
            Err(_) => Err(Error::Busy(busy)),
        }
    }

    /// Closes the idle handles; those in use follow when they are given back, and no more are leased. The last handle
    /// to close copies the log into the database. Blocks.
    pub fn close(&self) {
        self.readers.close();
        self.turn.close();
        let idle = std::mem::replace(
            &mut *self.idle(),
            Idle {
                closed: true,
                ..Idle::default()
            },
        );
        drop(idle);
    }

    /// Whether it was not closed yet.
    pub fn is_open(&self) -> bool {
        !self.idle().closed
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to use one handle, given back when dropped. An open transaction is rolled back first.
pub struct Lease {
    pool: Arc<Pool>,
    /// Opened at first use, on a thread that may block.
    handle: Option<Handle>,
    /// The place among the readers. None for a lease of the writer's handle.
    place: Option<OwnedSemaphorePermit>,
    turn: Option<OwnedSemaphorePermit>,
    /// Whether dropping it may block.
    may_block: bool,
}

impl Lease {
    /// The handle. Blocks where it has to be opened.
    pub fn handle(&mut self) -> Result<&Handle, Error> {
        if self.handle.is_none() {
            let opened = Handle::open(&self.pool.path, &self.pool.limits).map_err(|error| {
                tracing::error!(path = %self.pool.path.display(), error = format!("{error:#}"), "cannot open a database");
                Error::Failed("unable to open the database".to_owned())
            });
            self.handle = Some(opened?);
        }
        self.handle.as_ref().ok_or(Error::Closed)
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.handle.as_ref().is_some_and(Handle::in_transaction)
    }

    /// Whether the lease may write.
    pub fn has_turn(&self) -> bool {
        self.turn.is_some()
    }

    /// Takes the turn to write if nobody has it.
    pub fn try_turn(&mut self) -> bool {
        self.turn = self
            .turn
            .take()
            .or_else(|| self.pool.turn.clone().try_acquire_owned().ok());
        self.has_turn()
    }

    /// Gives the lease the turn to write.
    pub fn set_turn(&mut self, turn: OwnedSemaphorePermit) {
        self.turn = Some(turn);
    }

    /// Puts the handle back among the idle ones; closes it where that is not possible. May block.
    fn give_back(&mut self) {
        let Some(handle) = self.handle.take().filter(Handle::roll_back) else {
            return;
        };
        let mut idle = self.pool.idle();
        if idle.closed {
            drop(idle);
            drop(handle);
        } else if self.place.is_some() {
            idle.readers.push(handle);
        } else {
            idle.writer = Some(handle);
        }
        // The permits follow, when the lease is dropped: whoever gets one finds the handle there.
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.may_block || !self.in_transaction() {
            return self.give_back();
        }
        // The guest trapped, say, and this is a thread that must not block. Where no runtime is left, it may.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return self.give_back();
        };
        let lease = Lease {
            pool: self.pool.clone(),
            handle: self.handle.take(),
            place: self.place.take(),
            turn: self.turn.take(),
            may_block: true,
        };
        runtime.spawn_blocking(move || drop(lease));
    }
}
