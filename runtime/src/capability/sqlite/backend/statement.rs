//! Runs one statement on one handle, within bounds on time and on the size of its result.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::error::{self, Failure};
use super::handle::{Handle, Memory};
use super::{Error, Limits, Rows, Value, rows};

/// Virtual machine instructions between two looks at the clock: some 10 microseconds.
const INSTRUCTIONS: i32 = 1000;
/// Looks at the clock that a brief statement may live to see: some 200 microseconds, in which nearly all reads end.
const LOOKS: u32 = 20;
/// Longest statement that is kept compiled, in bytes. Longer ones carry data in their text and do not come again.
const CACHED_BYTES: usize = 16 << 10;

/// A statement and its parameters, as a component sent them.
pub struct Statement {
    pub sql: String,
    pub parameters: Vec<Value>,
}

/// How an attempt to run a statement ended.
pub enum Attempt {
    Done(Result<Rows, Error>),
    /// It writes, and may not yet. Nothing was done.
    NeedsTurn,
    /// It takes longer than its thread may be kept. Nothing was done.
    NeedsThread,
}

/// What a statement may do to the thread it runs on, and to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It may block, until its deadline.
    Free { may_write: bool },
    /// Others wait for the thread: it may read for [`LOOKS`], and never block.
    Brief,
}

impl Statement {
    /// Whether the statement writes, as far as its first words tell. A wrong guess costs time and nothing else:
    /// [`Statement::run`] asks SQLite.
    pub fn seems_to_write(&self) -> bool {
        const READ: &[&str] = &[
            "COMMIT",
            "END",
            "EXPLAIN",
            "PRAGMA",
            "RELEASE",
            "ROLLBACK",
            "SAVEPOINT",
            "SELECT",
            "VALUES",
            "WITH",
        ];
        let (first, rest) = word(&self.sql);
        if first.eq_ignore_ascii_case("BEGIN") {
            let (second, _) = word(rest);
            return ["IMMEDIATE", "EXCLUSIVE"]
                .iter()
                .any(|mode| mode.eq_ignore_ascii_case(second));
        }
        !READ
            .iter()
            .any(|keyword| keyword.eq_ignore_ascii_case(first))
    }

    /// Whether the statement returns rows and, as far as its first word tells, does nothing else.
    pub fn seems_to_read(&self) -> bool {
        let (first, _) = word(&self.sql);
        ["SELECT", "VALUES", "WITH"]
            .iter()
            .any(|keyword| keyword.eq_ignore_ascii_case(first))
    }

    /// Whether the statement changes rows, as far as its first word tells.
    pub fn seems_to_change_rows(&self) -> bool {
        let (first, _) = word(&self.sql);
        ["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"]
            .iter()
            .any(|keyword| keyword.eq_ignore_ascii_case(first))
    }

    /// Runs the statement, at a pace the thread can bear. `abandoned` is set by others when nobody waits for the result any more.
    pub fn run(
        &self,
        handle: &Handle,
        memory: &mut Memory,
        limits: &Limits,
        abandoned: &Arc<AtomicBool>,
        pace: Pace,
    ) -> Attempt {
        let deadline = Instant::now() + limits.statement;
        let mut looks = if pace == Pace::Brief { LOOKS } else { u32::MAX };
        let stop = {
            let abandoned = abandoned.clone();
            move || {
                looks = looks.saturating_sub(1);
                looks == 0 || abandoned.load(Ordering::Relaxed) || Instant::now() >= deadline
            }
        };
        if let Err(error) = handle.sqlite.progress_handler(INSTRUCTIONS, Some(stop)) {
            return Attempt::Done(Err(Error::Failed(error.to_string())));
        }
        let before = handle.sqlite.total_changes();
        let result = self.step(handle, limits, pace);
        // A handler left behind would stop the ROLLBACK of a handle whose last statement came near the deadline.
        if let Err(error) = handle.sqlite.progress_handler(0, None::<fn() -> bool>) {
            return Attempt::Done(Err(Error::Failed(error.to_string())));
        }
        let changed = match &result {
            Ok(None) => return Attempt::NeedsTurn,
            Ok(Some(Finished { wrote: true, .. })) => {
                Some(match handle.sqlite.total_changes() - before {
                    0 => 0,
                    _ => handle.sqlite.changes(),
                })
            }
            Ok(Some(_)) | Err(_) => None,
        };
        if pace == Pace::Brief && result.as_ref().is_err_and(Failure::is_for_lack_of_time) {
            return Attempt::NeedsThread;
        }
        handle.remember(memory, changed);
        Attempt::Done(match result {
            Ok(finished) => Ok(finished.map(|finished| finished.rows).unwrap_or_default()),
            Err(Failure::Sqlite(error)) => Err(error::explain(error, handle, limits)),
            Err(Failure::Ours(error)) => Err(error),
        })
    }

    fn step(
        &self,
        handle: &Handle,
        limits: &Limits,
        pace: Pace,
    ) -> Result<Option<Finished>, Failure> {
        if word(&self.sql) == ("", "") {
            return Err(Error::Failed("there is no statement".to_owned()).into());
        }
        let (mut cached, mut fresh);
        let prepared: &mut rusqlite::Statement<'_> = if self.sql.len() <= CACHED_BYTES {
            cached = handle.sqlite.prepare_cached(&self.sql)?;
            &mut cached
        } else {
            fresh = handle.sqlite.prepare(&self.sql)?;
            &mut fresh
        };
        let wrote = !prepared.readonly();
        if wrote && pace != (Pace::Free { may_write: true }) {
            return Ok(None);
        }
        let in_transaction = handle.in_transaction();
        let mut cursor = prepared.query(rusqlite::params_from_iter(&self.parameters))?;
        let rows = rows::collect(&mut cursor, limits);
        if wrote && !in_transaction && matches!(rows, Err(Failure::Ours(_))) {
            // SQLite takes a statement nobody reads to its end for finished, and would commit what it wrote.
            handle.sqlite.get_interrupt_handle().interrupt();
            let _ = cursor.next();
        }
        drop(cursor);
        let names = prepared.column_names();
        let columns = names.into_iter().map(str::to_owned).collect();
        Ok(Some(Finished {
            rows: Rows {
                columns,
                rows: rows?,
            },
            wrote,
        }))
    }
}

struct Finished {
    rows: Rows,
    wrote: bool,
}

/// The first word of `sql` and what follows it, past spaces and comments.
fn word(sql: &str) -> (&str, &str) {
    let mut rest = sql.trim_start();
    loop {
        let end = if rest.starts_with("--") {
            rest.find('\n')
        } else if rest.starts_with("/*") {
            rest.find("*/").map(|at| at + 2)
        } else {
            break;
        };
        rest = end.map_or("", |end| &rest[end..]).trim_start();
    }
    let end = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    rest.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seems_to_write(sql: &str) -> bool {
        Statement {
            sql: sql.to_owned(),
            parameters: vec![],
        }
        .seems_to_write()
    }

    #[test]
    fn the_first_words_tell_readers_from_writers() {
        for sql in [
            "SELECT 1",
            " select 1",
            "-- DELETE\n/* INSERT */ select 1",
            "WITH t AS (SELECT 1) SELECT * FROM t",
            "BEGIN",
            "begin deferred transaction",
            "COMMIT",
        ] {
            assert!(!seems_to_write(sql), "{sql}");
        }
        for sql in [
            "INSERT INTO t VALUES (1)",
            "/* SELECT */ update t set a = 1",
            "BEGIN IMMEDIATE",
            "begin/**/exclusive",
            "",
            "--",
        ] {
            assert!(seems_to_write(sql), "{sql}");
        }
    }
}
