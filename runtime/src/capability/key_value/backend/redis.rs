//! Values on a Redis server, under the keys that components give them, as Spin keeps them there.
//!
//! A server that is down is nobody's end: operations fail until it is back, and everything else goes on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, ErrorKind, FromRedisValue, RedisError, cmd};
use tokio::sync::OnceCell;

use super::Error;
use crate::config::Secret;

/// How long reaching the server, and waiting for its answer, may take.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(5);
/// Keys asked for at a time.
const PAGE: usize = 1000;

/// Puts a value in place of another one, if that is there. Redis runs a script as a whole.
const SWAP: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then \
                    redis.call('SET', KEYS[1], ARGV[2]) return 1 else return 0 end";

/// One server. Cloning it is cheap; clones share a connection, on which operations of all of them are in progress at
/// once.
#[derive(Clone)]
pub struct Store(Arc<Server>);

struct Server {
    client: Client,
    connection: OnceCell<ConnectionManager>,
}

/// Where reading keys stopped.
pub struct Cursor(u64);

impl Store {
    /// The store on the server at `url`: `redis://user:password@host:6379/0`. Does not connect yet.
    pub fn new(url: &Secret) -> anyhow::Result<Self> {
        // Its errors do not show the URL, which may hold a password.
        let client = Client::open(url.reveal())?;
        Ok(Self(Arc::new(Server {
            client,
            connection: OnceCell::new(),
        })))
    }

    pub async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        self.ask(cmd("GET").arg(key)).await
    }

    pub async fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        self.ask(cmd("SET").arg(key).arg(value)).await
    }

    pub async fn delete(&self, key: String) -> Result<(), Error> {
        self.ask(cmd("DEL").arg(key)).await
    }

    pub async fn exists(&self, key: String) -> Result<bool, Error> {
        self.ask(cmd("EXISTS").arg(key)).await
    }

    /// Some keys, in no order, and where to go on; None at the end. Where keys are added meanwhile, one may come twice.
    pub async fn page(
        &self,
        cursor: Option<Cursor>,
    ) -> Result<(Vec<String>, Option<Cursor>), Error> {
        let Cursor(from) = cursor.unwrap_or(Cursor(0));
        let mut scan = cmd("SCAN");
        scan.arg(from).arg("COUNT").arg(PAGE);
        let (next, keys): (u64, Vec<Vec<u8>>) = self.ask(&scan).await?;
        let text = |key| String::from_utf8(key).map_err(|_| Error::Foreign);
        let keys = keys.into_iter().map(text).collect::<Result<_, _>>()?;
        Ok((keys, (next != 0).then_some(Cursor(next))))
    }

    /// What lies under `keys`, of which there is at least one.
    pub async fn get_many(&self, keys: &[String]) -> Result<HashMap<String, Vec<u8>>, Error> {
        let values: Vec<Option<Vec<u8>>> = self.ask(cmd("MGET").arg(keys)).await?;
        let entries = keys.iter().cloned().zip(values);
        Ok(entries
            .filter_map(|(key, value)| Some((key, value?)))
            .collect())
    }

    /// Sets `entries`, of which there is at least one.
    pub async fn set_many(&self, entries: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        let mut set = cmd("MSET");
        for (key, value) in entries {
            set.arg(key).arg(value);
        }
        self.ask(&set).await
    }

    /// Deletes `keys`, of which there is at least one.
    pub async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        self.ask(cmd("DEL").arg(keys)).await
    }

    /// Numbers lie there in decimal digits, as Redis counts.
    pub async fn increment(&self, key: String, delta: i64) -> Result<i64, Error> {
        self.ask(cmd("INCRBY").arg(key).arg(delta)).await
    }

    pub async fn swap(
        &self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, Error> {
        match expected {
            None => {
                let done: Option<String> =
                    self.ask(cmd("SET").arg(key).arg(value).arg("NX")).await?;
                Ok(done.is_some())
            }
            Some(expected) => {
                let mut swap = cmd("EVAL");
                swap.arg(SWAP).arg(1).arg(key).arg(expected).arg(value);
                self.ask(&swap).await
            }
        }
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let connect = || {
            let config = ConnectionManagerConfig::new()
                .set_connection_timeout(Some(CONNECT))
                .set_response_timeout(Some(ANSWER))
                .set_number_of_retries(1);
            ConnectionManager::new_with_config(self.0.client.clone(), config)
        };
        let answer = async {
            let mut connection = self.0.connection.get_or_try_init(connect).await?.clone();
            command.query_async(&mut connection).await
        };
        answer.await.map_err(|error: RedisError| explain(&error))
    }
}

/// What the server said is for the component; that it said nothing is for the log.
fn explain(error: &RedisError) -> Error {
    if let ErrorKind::Server(_) | ErrorKind::Extension = error.kind() {
        return Error::Server(error.detail().unwrap_or_default().to_owned());
    }
    tracing::error!(%error, "a Redis server does not answer");
    Error::Unreachable
}
