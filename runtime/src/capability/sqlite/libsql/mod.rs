//! Databases on libSQL servers (`sqld`, Turso), spoken to by Hrana 3 over HTTP: a pipeline of requests a call.
//!
//! A statement outside a transaction is one call, which opens a stream on the server and closes it. A transaction keeps
//! its stream, named by a baton that each call trades for the next. What the server does not finish it rolls back itself:
//! a stream nobody uses expires there.

mod pipeline;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use url::Url;

use super::backend::{Error, Limits, Rows, Value};
use crate::config::Secret;
use pipeline::Server;
use wire::{Request, Stream};

/// How long one call may take, the way there and back included.
const CALL: Duration = Duration::from_secs(10);

/// A database on a server. Cloning it is cheap and names the same one.
#[derive(Clone)]
pub struct Database {
    server: Arc<Server>,
}

/// A logical connection. Dropping it rolls its open transaction back.
pub struct Connection {
    server: Arc<Server>,
    session: Mutex<Session>,
}

/// What lasts from one statement to the next.
#[derive(Default)]
struct Session {
    /// The stream of the open transaction.
    transaction: Option<Stream>,
    /// Whether a transaction was lost with a statement nobody waited for, and the component does not know yet.
    lost: bool,
    last_insert_rowid: i64,
    changes: u64,
}

impl Database {
    /// The database at `url`. Does not connect.
    pub fn new(url: &Url, token: &Secret, limits: Limits) -> anyhow::Result<Self> {
        let server = Arc::new(Server::new(url, token, limits, CALL)?);
        Ok(Self { server })
    }

    /// A new connection.
    pub fn connect(&self) -> Connection {
        Connection {
            server: self.server.clone(),
            session: Mutex::default(),
        }
    }
}

impl Connection {
    /// Runs exactly one statement.
    ///
    /// Dropping the future does not stop the statement, and gives an open transaction up.
    pub async fn execute(&self, sql: String, parameters: Vec<Value>) -> Result<Rows, Error> {
        let mut session = self.session.lock().await;
        if std::mem::take(&mut session.lost) {
            return Err(Error::Failed(
                "the transaction was given up with a statement that nobody waited for".to_owned(),
            ));
        }
        let stream = session.transaction.take();
        let stays = stream.is_some() || begins(&sql);
        session.lost = stream.is_some();
        let statement = Request::execute(sql, parameters)?;
        let after = match stays {
            true => Request::GetAutocommit,
            false => Request::Close,
        };
        let answer = self.server.call(stream, vec![statement, after]).await;
        session.lost = false;
        let (stream, mut results) = answer?;
        let after = results.pop();
        if let Some(stream) = stream.filter(|_| stays) {
            match after {
                Some(Ok(wire::Response::GetAutocommit {
                    is_autocommit: true,
                })) => self.give_up(stream),
                _ => session.transaction = Some(stream),
            }
        }
        match results.pop() {
            Some(Ok(wire::Response::Execute { result })) => {
                let (rows, changes, rowid) = result.read(self.server.limits())?;
                if let Some(changes) = changes {
                    session.changes = changes;
                }
                if let Some(rowid) = rowid {
                    session.last_insert_rowid = rowid;
                }
                Ok(rows)
            }
            Some(Err(error)) => Err(error.into()),
            _ => Err(pipeline::nonsense("no result of the statement")),
        }
    }

    /// The rowid of the latest successful INSERT on this connection, 0 before the first.
    pub async fn last_insert_rowid(&self) -> i64 {
        self.session.lock().await.last_insert_rowid
    }

    /// How many rows the latest INSERT, UPDATE or DELETE on this connection changed.
    pub async fn changes(&self) -> u64 {
        self.session.lock().await.changes
    }

    /// Lets the server forget a stream, and roll back what is open on it, without waiting for that.
    fn give_up(&self, stream: Stream) {
        // Where no runtime is left the server finds out by itself, later.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let server = self.server.clone();
        runtime.spawn(async move {
            // It was logged if it failed.
            let _ = server.call(Some(stream), vec![Request::Close]).await;
        });
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(stream) = self.session.get_mut().transaction.take() {
            self.give_up(stream);
        }
    }
}

/// Whether a statement opens a transaction, as its first word tells.
fn begins(sql: &str) -> bool {
    let mut rest = sql.trim_start();
    // Comments may stand before it.
    loop {
        rest = match (rest.strip_prefix("--"), rest.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n').map_or("", |(_, rest)| rest),
            (_, Some(comment)) => comment.split_once("*/").map_or("", |(_, rest)| rest),
            (None, None) => break,
        }
        .trim_start();
    }
    let word = rest
        .split(|character: char| !character.is_ascii_alphabetic())
        .next()
        .unwrap_or_default();
    ["BEGIN", "SAVEPOINT"]
        .iter()
        .any(|keyword| keyword.eq_ignore_ascii_case(word))
}
