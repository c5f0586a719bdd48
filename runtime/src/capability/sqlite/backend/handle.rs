//! One open SQLite connection, set up the way every connection of the runtime is.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::Authorization;
use rusqlite::limits::Limit;
use rusqlite::{OpenFlags, ffi};

use super::{Error, Limits, authorizer};

/// Prepared statements a connection keeps.
const STATEMENTS: usize = 64;
/// Pages a connection keeps in memory, in KiB (negative is how SQLite marks the unit).
const CACHE_KIB: i64 = -4096;
/// Size the write-ahead log is cut back to after a checkpoint, in bytes.
const LOG_BYTES: i64 = 64 << 20;
/// Size of a page where the file is new, in bytes; SQLite's default, named because a limit is counted in it.
const PAGE_BYTES: u64 = 4096;

/// Bounds on what SQLite has to work through between two looks at the clock.
const SQLITE_LIMITS: &[(Limit, i32)] = &[
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 1 << 20),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1024),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 100),
    (Limit::SQLITE_LIMIT_VDBE_OP, 1_000_000),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// A SQLite connection, with what the runtime's hooks on it share with the code that uses it.
pub struct Handle {
    pub(super) sqlite: rusqlite::Connection,
    /// Why the authorizer last refused something; SQLite's own error only says that it did.
    refusal: Arc<Mutex<Option<String>>>,
    /// What the SQL function `changes()` answers.
    changes: Arc<AtomicU64>,
}

impl Handle {
    /// Opens `path`, which exists. Blocks.
    pub fn open(path: &Path, limits: &Limits) -> anyhow::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let sqlite = rusqlite::Connection::open_with_flags(path, flags)?;
        sqlite.busy_timeout(limits.wait)?;
        let mode: String =
            sqlite.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        ensure!(
            mode == "wal",
            "no write-ahead log is possible here; journal mode is {mode}"
        );
        sqlite.pragma_update(None, "synchronous", "full")?;
        sqlite.pragma_update(None, "cache_size", CACHE_KIB)?;
        sqlite.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))?;
        let pages = u32::try_from(limits.database_bytes / PAGE_BYTES)
            .unwrap_or(u32::MAX)
            .max(1);
        sqlite.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        for (config, on) in [
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
        ] {
            sqlite.set_db_config(config, on)?;
        }
        for &(limit, value) in SQLITE_LIMITS {
            sqlite.set_limit(limit, value)?;
        }
        sqlite.set_limit(Limit::SQLITE_LIMIT_LENGTH, limits.value_bytes)?;
        sqlite.set_prepared_statement_cache_capacity(STATEMENTS);

        let refusal = Arc::new(Mutex::new(None));
        let changes = Arc::new(AtomicU64::new(0));
        let this = Self {
            sqlite,
            refusal,
            changes,
        };
        this.answer_changes().context("cannot define changes()")?;
        this.guard()?;
        Ok(this)
    }

    /// Replaces the SQL function `changes()`: SQLite's would count the statements of whoever had this handle before.
    /// Direct use only, as inside a trigger the function means something else.
    fn answer_changes(&self) -> rusqlite::Result<()> {
        let changes = self.changes.clone();
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        self.sqlite
            .create_scalar_function("changes", 0, flags, move |_| {
                Ok(i64::try_from(changes.load(Ordering::Relaxed)).unwrap_or(i64::MAX))
            })
    }

    fn guard(&self) -> rusqlite::Result<()> {
        let refusal = self.refusal.clone();
        self.sqlite
            .authorizer(Some(move |context: rusqlite::hooks::AuthContext<'_>| {
                match authorizer::authorize(&context) {
                    Ok(()) => Authorization::Allow,
                    Err(reason) => {
                        *refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
                        Authorization::Deny
                    }
                }
            }))
    }

    /// Why the authorizer refused the statement that just failed.
    pub fn refusal(&self) -> String {
        let mut refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        refusal
            .take()
            .unwrap_or_else(|| "not for components".to_owned())
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        !self.sqlite.is_autocommit()
    }

    /// Ends the open transaction, if any. False when that failed, and the handle must not be used again.
    pub fn roll_back(&self) -> bool {
        !self.in_transaction() || self.sqlite.execute_batch("ROLLBACK").is_ok()
    }

    /// How long statements wait for other processes that hold the file.
    pub fn be_patient(&self, wait: Duration) -> Result<(), Error> {
        let set = self.sqlite.busy_timeout(wait);
        set.map_err(|error| Error::Failed(error.to_string()))
    }

    /// Makes this handle look as if it had run all of a logical connection's statements.
    pub fn adopt(&self, memory: &Memory) -> Result<(), Error> {
        self.set_last_insert_rowid(memory.last_insert_rowid);
        self.changes.store(memory.changes, Ordering::Relaxed);
        let foreign_keys = DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY;
        let set = self.sqlite.db_config(foreign_keys).and_then(|on| {
            // Setting it makes SQLite compile its cached statements again, so only where it differs.
            if on == memory.foreign_keys {
                return Ok(on);
            }
            self.sqlite.set_db_config(foreign_keys, memory.foreign_keys)
        });
        set.map(drop)
            .map_err(|error| Error::Failed(error.to_string()))
    }

    /// Remembers what the statement that just ran left behind. `changed` is None where it changed nothing by its kind.
    pub fn remember(&self, memory: &mut Memory, changed: Option<u64>) {
        memory.last_insert_rowid = self.sqlite.last_insert_rowid();
        if let Some(changed) = changed {
            memory.changes = changed;
            self.changes.store(changed, Ordering::Relaxed);
        }
        if let Ok(on) = self.sqlite.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY) {
            memory.foreign_keys = on;
        }
    }

    #[expect(unsafe_code, reason = "rusqlite offers no way to set it")]
    fn set_last_insert_rowid(&self, rowid: i64) {
        // SAFETY: the pointer is that of an open connection, which `self` keeps open and, as it cannot be shared
        // between threads, keeps from being used elsewhere meanwhile.
        unsafe { ffi::sqlite3_set_last_insert_rowid(self.sqlite.handle(), rowid) }
    }
}

/// What SQLite remembers about a connection between statements, and a logical connection takes from handle to handle.
#[derive(Debug, Clone)]
pub struct Memory {
    /// The rowid of the latest successful INSERT.
    pub last_insert_rowid: i64,
    /// Rows changed by the latest INSERT, UPDATE or DELETE.
    pub changes: u64,
    /// Whether foreign keys are enforced.
    pub foreign_keys: bool,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            last_insert_rowid: 0,
            changes: 0,
            foreign_keys: true,
        }
    }
}
