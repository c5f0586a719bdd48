//! A database file that is open for the time the runtime runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use anyhow::Context as _;

use super::handle::Handle;
use super::pool::Pool;
use super::{Connection, Limits, file};

/// The databases that are open in this process, by file and schema.
static OPEN: Mutex<BTreeMap<(PathBuf, String), Weak<Pool>>> = Mutex::new(BTreeMap::new());

/// One database. Cloning it is cheap and names the same one.
#[derive(Clone)]
pub struct Database {
    pool: Arc<Pool>,
}

impl Database {
    /// Opens the database in the file at `path`; creates it, for its owner only, where there is none. Runs `schema`,
    /// which must be harmless to repeat. Blocks.
    ///
    /// A file that is open already, and for the same use, is the same database: an application that takes the place of
    /// another goes on with its connections, behind the same queue of writers.
    pub fn open(path: &Path, limits: Limits, schema: &str) -> anyhow::Result<Self> {
        let open = || {
            file::create(path)?;
            // Absolute, as the process may change its directory and handles are opened as they are needed.
            let path = path.canonicalize()?;
            let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
            open.retain(|_, pool| pool.upgrade().is_some_and(|pool| pool.is_open()));
            let key = (path, schema.to_owned());
            if let Some(pool) = open.get(&key).and_then(Weak::upgrade) {
                return Ok(pool);
            }
            let handle = Handle::open(&key.0, &limits)?;
            handle.sqlite.execute_batch(schema)?;
            let pool = Arc::new(Pool::new(key.0.clone(), limits, handle));
            open.insert(key, Arc::downgrade(&pool));
            anyhow::Ok(pool)
        };
        let pool =
            open().with_context(|| format!("cannot open the database {}", path.display()))?;
        Ok(Self { pool })
    }

    /// A new connection. It costs nothing until it is used.
    pub fn connect(&self) -> Connection {
        Connection::new(self.pool.clone())
    }

    /// Closes the file, with everything copied from the log into it. A statement that still runs ends first, in the
    /// background; one that is sent later fails. Blocks.
    pub fn close(&self) {
        self.pool.close();
    }
}
