//! Statements that write at the same time, committed together: waiting for the disk is what a durable write costs, and
//! one wait can pay for many.
//!
//! Only statements outside of transactions come here, and none is answered before the commit that holds it. Whatever
//! SQLite does not undo statement by statement (a conflict that rolls back, a constraint checked at the commit, a full
//! disk) dissolves the group, and its statements run again one by one, as if they had never met.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedMutexGuard, oneshot};

use super::connection::Session;
use super::handle::{Handle, Memory};
use super::pool::{Lease, Pool};
use super::statement::{Attempt, Pace, Statement};
use super::{Error, Limits, Rows};

/// Statements in one commit, at most.
const STATEMENTS: usize = 128;

/// How long statements are added to a group that has more to take: the first one waits for the last.
const GATHER: Duration = Duration::from_millis(2);

/// Statements that wait for their turn to write.
#[derive(Default)]
pub struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    writes: Vec<Write>,
    /// Whether somebody is at work on them.
    is_served: bool,
}

/// A statement outside of any transaction, and who waits for it.
pub struct Write {
    pub statement: Statement,
    /// Its connection, which is busy until the statement is done.
    pub session: OwnedMutexGuard<Session>,
    /// Set when nobody waits for this connection's statements any more.
    pub abandoned: Arc<AtomicBool>,
    since: Instant,
    result: Option<Result<Rows, Error>>,
    reply: oneshot::Sender<Result<Rows, Error>>,
}

/// Runs the statement with others that happen to write to the same file, and waits until it is on disk.
pub async fn write(
    pool: &Arc<Pool>,
    statement: Statement,
    session: OwnedMutexGuard<Session>,
    abandoned: Arc<AtomicBool>,
) -> Result<Rows, Error> {
    let (reply, result) = oneshot::channel();
    let is_first = pool.queue.push(Write {
        statement,
        session,
        abandoned,
        since: Instant::now(),
        result: None,
        reply,
    });
    if is_first {
        tokio::spawn(serve(pool.clone()));
    }
    result.await.unwrap_or(Err(Error::Closed))
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody is at work on the queue yet.
    fn push(&self, write: Write) -> bool {
        let mut waiting = self.waiting();
        waiting.writes.push(write);
        !std::mem::replace(&mut waiting.is_served, true)
    }

    /// The next statements that may share a commit, and at most `most`.
    fn take(&self, most: usize, foreign_keys: Option<bool>) -> Vec<Write> {
        let writes = &mut self.waiting().writes;
        let Some(first) = writes.first() else {
            return Vec::new();
        };
        // A setting of the handle that cannot change inside of a transaction.
        let setting = foreign_keys.unwrap_or(first.session.memory.foreign_keys);
        let alike = writes.iter();
        let alike = alike.take_while(|write| write.session.memory.foreign_keys == setting);
        let count = alike.count().min(most);
        writes.drain(..count).collect()
    }

    /// Whether there is nothing left to do, and nobody at work from now on.
    fn is_done(&self) -> bool {
        let mut waiting = self.waiting();
        waiting.is_served = !waiting.writes.is_empty();
        !waiting.is_served
    }

    /// Statements that have waited for `wait` or longer.
    fn expired(&self, wait: Duration) -> Vec<Write> {
        let expired = |write: &mut Write| write.since.elapsed() >= wait;
        self.waiting().writes.extract_if(.., expired).collect()
    }
}

/// Works on the queue until it is empty.
async fn serve(pool: Arc<Pool>) {
    loop {
        match pool.writer().await {
            Ok(lease) => {
                let pool = pool.clone();
                let commits = tokio::task::spawn_blocking(move || commit_all(&pool, lease));
                if let Err(error) = commits.await {
                    tracing::error!(%error, "a group of statements did not finish");
                }
            }
            Err(error) => {
                let wait = match error {
                    Error::Busy(_) => pool.limits.wait,
                    _ => Duration::ZERO,
                };
                for write in pool.queue.expired(wait) {
                    write.answer(Err(error.clone()));
                }
            }
        }
        if pool.queue.is_done() {
            return;
        }
    }
}

/// Commits group after group, as long as no transaction waits for its turn to write.
fn commit_all(pool: &Arc<Pool>, lease: Lease) {
    let mut turn = Some(lease);
    while let Some(mut lease) = turn {
        let writes = pool.queue.take(STATEMENTS, None);
        if writes.is_empty() {
            return;
        }
        match lease.handle() {
            Ok(handle) => commit(pool, handle, writes),
            Err(error) => {
                for write in writes {
                    write.answer(Err(error.clone()));
                }
            }
        }
        drop(lease);
        turn = pool.try_writer();
    }
}

fn commit(pool: &Pool, handle: &Handle, mut writes: Vec<Write>) {
    if writes.len() == 1 || !together(pool, handle, &mut writes) {
        for write in writes.iter_mut().filter(|write| write.result.is_none()) {
            write.run(handle, &pool.limits);
        }
    }
    for mut write in writes {
        let result = write.result.take().unwrap_or(Err(Error::Closed));
        write.answer(result);
    }
}

/// Runs `writes`, and more that come meanwhile, in one transaction. False where that is not possible: nothing was done.
fn together(pool: &Pool, handle: &Handle, writes: &mut Vec<Write>) -> bool {
    let started = Instant::now();
    let foreign_keys = writes
        .first()
        .map(|write| write.session.memory.foreign_keys);
    let remembered = |writes: &[Write]| -> Vec<Memory> {
        writes
            .iter()
            .map(|write| write.session.memory.clone())
            .collect()
    };
    let mut before = remembered(writes);
    // Another process may be writing: each statement finds out by itself how long it has to wait for that.
    if handle.sqlite.execute_batch("BEGIN IMMEDIATE").is_err() {
        return false;
    }
    let mut next = 0;
    while let Some(write) = writes.get_mut(next) {
        write.run(handle, &pool.limits);
        if !handle.in_transaction() || write.must_be_undone() {
            break;
        }
        next += 1;
        if next == writes.len() && started.elapsed() < GATHER {
            let more = pool
                .queue
                .take(STATEMENTS.saturating_sub(next), foreign_keys);
            before.extend(remembered(&more));
            writes.extend(more);
        }
    }
    let is_committed = next == writes.len()
        && handle.in_transaction()
        && handle.sqlite.execute_batch("COMMIT").is_ok();
    if !is_committed {
        handle.roll_back();
        for (write, before) in writes.iter_mut().zip(before) {
            write.session.memory = before;
            // One that was stopped would only be stopped again.
            if !matches!(write.result, Some(Err(Error::Deadline(_) | Error::Closed))) {
                write.result = None;
            }
        }
    }
    is_committed
}

impl Write {
    fn run(&mut self, handle: &Handle, limits: &Limits) {
        self.result = Some(if self.abandoned.load(Ordering::Relaxed) {
            Err(Error::Closed)
        } else {
            self.attempt(handle, limits)
        });
    }

    fn attempt(&mut self, handle: &Handle, limits: &Limits) -> Result<Rows, Error> {
        let memory = &mut self.session.memory;
        handle.adopt(memory)?;
        let attempt = self.statement.run(
            handle,
            memory,
            limits,
            &self.abandoned,
            Pace::Free { may_write: true },
        );
        match attempt {
            Attempt::Done(result) => result,
            // Not with the turn to write, and at this pace.
            Attempt::NeedsTurn | Attempt::NeedsThread => Err(Error::Closed),
        }
    }

    /// Whether part of the statement may have been done although it failed.
    fn must_be_undone(&self) -> bool {
        matches!(self.result, Some(Err(Error::TooLarge(_))))
    }

    fn answer(self, result: Result<Rows, Error>) {
        // The connection is free before anybody knows the answer.
        drop(self.session);
        // Whoever asked may have gone.
        let _ = self.reply.send(result);
    }
}
