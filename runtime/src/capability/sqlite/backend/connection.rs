//! A connection as a component sees it: its statements run one after another, its transaction is its own.
//!
//! Between statements it holds nothing but a few numbers. It leases a handle for each statement, and keeps it only from
//! the statement that opens a transaction to the one that ends it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::AbortHandle;

use super::handle::Memory;
use super::pool::{Lease, Pool};
use super::statement::{Attempt, Pace, Statement};
use super::{Error, Limits, Rows, Value, group};

/// A logical connection. Dropping it rolls its open transaction back.
pub struct Connection {
    pool: Arc<Pool>,
    /// Held by the statement that runs, on whichever thread that is.
    session: Arc<Mutex<Session>>,
    /// Set when nobody waits for this connection's statements any more.
    abandoned: Arc<AtomicBool>,
}

/// What lasts from one statement to the next.
#[derive(Default)]
pub struct Session {
    pub(super) memory: Memory,
    /// Between statements: only while a transaction is open.
    lease: Option<Lease>,
    /// Rolls back a transaction that is forgotten.
    watch: Option<Watch>,
    last_used: Option<Instant>,
    /// Whether a transaction was rolled back and the component does not know yet.
    expired: bool,
}

impl Connection {
    pub(super) fn new(pool: Arc<Pool>) -> Self {
        Self {
            pool,
            session: Arc::default(),
            abandoned: Arc::default(),
        }
    }

    /// Runs exactly one statement.
    ///
    /// Dropping the future does not stop a statement that has begun: it ends in the background, and the next one on
    /// this connection waits for it. Needs a tokio runtime with timers.
    pub async fn execute(&self, sql: String, parameters: Vec<Value>) -> Result<Rows, Error> {
        let mut statement = Statement { sql, parameters };
        let mut session = self.session.clone().lock_owned().await;
        if std::mem::take(&mut session.expired) {
            return Err(Error::Expired(self.pool.limits.idle_transaction));
        }
        let mut needs_turn = statement.seems_to_write();
        if statement.seems_to_read() {
            match self.read_here(&mut session, &statement) {
                Attempt::Done(result) => return result,
                Attempt::NeedsTurn => needs_turn = true,
                Attempt::NeedsThread => {}
            }
        }
        if session.lease.is_none() {
            if needs_turn && statement.seems_to_change_rows() {
                return group::write(&self.pool, statement, session, self.abandoned.clone()).await;
            }
            session.lease = Some(match needs_turn {
                true => self.pool.writer().await?,
                false => self.pool.reader().await?,
            });
        }
        loop {
            let job = Job {
                session,
                statement,
                limits: self.pool.limits.clone(),
                abandoned: self.abandoned.clone(),
                connection: Arc::downgrade(&self.session),
            };
            let (job, attempt) = tokio::task::spawn_blocking(move || job.run())
                .await
                .map_err(|error| {
                    tracing::error!(%error, "a statement did not finish");
                    Error::Closed
                })?;
            Job {
                session,
                statement,
                ..
            } = job;
            match attempt {
                Attempt::Done(result) => return result,
                // It was given one.
                Attempt::NeedsThread => return Err(Error::Closed),
                // A transaction that began by reading has to go on with the handle it has.
                Attempt::NeedsTurn => match &mut session.lease {
                    Some(lease) if lease.in_transaction() => {
                        lease.set_turn(self.pool.turn().await?)
                    }
                    lease => {
                        *lease = None;
                        *lease = Some(self.pool.writer().await?);
                    }
                },
            }
        }
    }

    /// Reads on this thread, in the little time others can wait for it: most reads end before another thread would
    /// even have begun them.
    fn read_here(&self, session: &mut Session, statement: &Statement) -> Attempt {
        let Session {
            memory,
            lease,
            last_used,
            ..
        } = session;
        // Counts only while a transaction is open.
        *last_used = Some(Instant::now());
        let mut own = None;
        let Some(lease) = lease.as_mut().or_else(|| {
            own = self.pool.try_reader();
            own.as_mut()
        }) else {
            return Attempt::NeedsThread;
        };
        let continues = lease.in_transaction();
        let Ok(handle) = lease.handle() else {
            return Attempt::NeedsThread;
        };
        let adopted = match continues {
            true => Ok(()),
            false => handle.adopt(memory),
        };
        if adopted
            .and_then(|()| handle.be_patient(Duration::ZERO))
            .is_err()
        {
            return Attempt::NeedsThread;
        }
        let limits = &self.pool.limits;
        let attempt = statement.run(handle, memory, limits, &self.abandoned, Pace::Brief);
        match handle.be_patient(limits.wait) {
            Ok(()) => attempt,
            Err(error) => Attempt::Done(Err(error)),
        }
    }

    /// The rowid of the latest successful INSERT on this connection, 0 before the first.
    pub async fn last_insert_rowid(&self) -> i64 {
        self.session.lock().await.memory.last_insert_rowid
    }

    /// How many rows the latest INSERT, UPDATE or DELETE on this connection changed.
    pub async fn changes(&self) -> u64 {
        self.session.lock().await.memory.changes
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }
}

/// One attempt at a statement, on a thread that may block.
struct Job {
    session: OwnedMutexGuard<Session>,
    statement: Statement,
    limits: Limits,
    abandoned: Arc<AtomicBool>,
    connection: Weak<Mutex<Session>>,
}

impl Job {
    fn run(mut self) -> (Self, Attempt) {
        let attempt = self
            .attempt()
            .unwrap_or_else(|error| Attempt::Done(Err(error)));
        let session = &mut *self.session;
        let in_transaction = session.lease.as_ref().is_some_and(Lease::in_transaction);
        if in_transaction {
            session.last_used = Some(Instant::now());
            let (connection, limits) = (&self.connection, &self.limits);
            session
                .watch
                .get_or_insert_with(|| Watch::start(connection.clone(), limits));
        } else {
            session.watch = None;
            session.lease = None;
        }
        (self, attempt)
    }

    fn attempt(&mut self) -> Result<Attempt, Error> {
        let Session { memory, lease, .. } = &mut *self.session;
        let lease = lease.as_mut().ok_or(Error::Closed)?;
        let continues = lease.in_transaction();
        let has_turn =
            lease.has_turn() || (continues && self.statement.seems_to_write() && lease.try_turn());
        let handle = lease.handle()?;
        if !continues {
            handle.adopt(memory)?;
        }
        Ok(self.statement.run(
            handle,
            memory,
            &self.limits,
            &self.abandoned,
            Pace::Free {
                may_write: has_turn,
            },
        ))
    }
}

/// Rolls a transaction back when its connection has sent no statement for [`Limits::idle_transaction`]. A guest may keep
/// a connection for longer than a request, and with it the turn to write.
struct Watch(AbortHandle);

impl Watch {
    fn start(connection: Weak<Mutex<Session>>, limits: &Limits) -> Self {
        let bound = limits.idle_transaction;
        let task = tokio::spawn(async move {
            let mut wait = bound;
            loop {
                tokio::time::sleep(wait).await;
                let Some(session) = connection.upgrade() else {
                    return;
                };
                let mut session = session.lock_owned().await;
                let idle = session.last_used.map_or(bound, |at| at.elapsed());
                wait = bound.saturating_sub(idle);
                if wait.is_zero() {
                    session.expired = session.lease.take().is_some();
                    return;
                }
            }
        });
        Self(task.abort_handle())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}
