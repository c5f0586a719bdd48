//! Values as rows of a SQLite file, behind the same pool and bounds as a component's databases.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Error;
use crate::capability::sqlite::backend::{Connection, Database, Limits, Value};

/// What SQLite is to hold in a row: key, value and the store's label, and some more.
const ROW_BYTES: i32 = 12 << 20;
/// Keys read at a time.
const PAGE: i64 = 1000;

/// The table is named as Spin names it, so that either can use a file the other made. Text compares byte by byte: the
/// order of keys is that of their UTF-8.
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS spin_key_value (
    store TEXT NOT NULL,
    key   TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (store, key)
) STRICT, WITHOUT ROWID";

const SET: &str = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
                   ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";

/// The rows of one store.
#[derive(Clone)]
pub struct Store {
    database: Database,
    label: Arc<str>,
}

/// The files that hold stores.
pub struct Files {
    limits: Limits,
    open: BTreeMap<PathBuf, Database>,
}

impl Files {
    /// No file yet.
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: Limits {
                value_bytes: ROW_BYTES,
                ..limits.clone()
            },
            open: BTreeMap::new(),
        }
    }

    /// The store `label` in the file at `path`, which others may share. Blocks.
    pub fn open(&mut self, label: &str, path: &Path) -> anyhow::Result<Store> {
        let database = match self.open.get(path) {
            Some(database) => database.clone(),
            None => Database::open(path, self.limits.clone(), SCHEMA)?,
        };
        self.open.insert(path.to_owned(), database.clone());
        Ok(Store {
            database,
            label: label.into(),
        })
    }
}

impl Store {
    /// Closes the file. Blocks.
    pub fn close(&self) {
        self.database.close();
    }

    pub async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        self.read(&self.database.connect(), key).await
    }

    pub async fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        self.write(&self.database.connect(), key, value).await
    }

    pub async fn delete(&self, key: String) -> Result<(), Error> {
        let sql = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2";
        self.run(sql, [Value::Text(key)]).await.map(drop)
    }

    pub async fn exists(&self, key: String) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2";
        Ok(!self.run(sql, [Value::Text(key)]).await?.is_empty())
    }

    /// The first keys, in order, or those that follow `after`; as many as are read at a time. None when there are no more.
    pub async fn page(&self, after: Option<String>) -> Result<Vec<String>, Error> {
        let page = Value::Integer(PAGE);
        let keys = match after {
            None => {
                let sql = "SELECT key FROM spin_key_value WHERE store = ?1 ORDER BY key LIMIT ?2";
                self.run(sql, [page]).await?
            }
            Some(after) => {
                let sql = "SELECT key FROM spin_key_value WHERE store = ?1 AND key > ?3 ORDER BY key LIMIT ?2";
                self.run(sql, [page, Value::Text(after)]).await?
            }
        };
        let text = |row: Vec<Value>| match row.into_iter().next() {
            Some(Value::Text(key)) => Ok(key),
            _ => Err(Error::Foreign),
        };
        keys.into_iter().map(text).collect()
    }

    /// What lies under `keys`.
    pub async fn get_many(&self, keys: &[String]) -> Result<HashMap<String, Vec<u8>>, Error> {
        let sql = "SELECT key, value FROM spin_key_value
                   WHERE store = ?1 AND key IN (SELECT value FROM json_each(?2))";
        let entry = |row: Vec<Value>| match <[Value; 2]>::try_from(row) {
            Ok([Value::Text(key), Value::Blob(value)]) => Ok((key, value)),
            _ => Err(Error::Foreign),
        };
        let rows = self.run(sql, [list(keys)]).await?;
        rows.into_iter().map(entry).collect()
    }

    pub async fn set_many(&self, entries: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        let connection = self.begin().await?;
        for (key, value) in entries {
            self.write(&connection, key, value).await?;
        }
        commit(&connection).await
    }

    pub async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        let sql = "DELETE FROM spin_key_value
                   WHERE store = ?1 AND key IN (SELECT value FROM json_each(?2))";
        self.run(sql, [list(keys)]).await.map(drop)
    }

    /// Numbers lie there as Spin keeps them: eight bytes, the least significant first.
    pub async fn increment(&self, key: String, delta: i64) -> Result<i64, Error> {
        let connection = self.begin().await?;
        let number = match self.read(&connection, key.clone()).await? {
            None => 0,
            Some(value) => i64::from_le_bytes(value.try_into().map_err(|_| Error::NoNumber)?),
        };
        let sum = number.checked_add(delta).ok_or(Error::NoNumber)?;
        self.write(&connection, key, sum.to_le_bytes().to_vec())
            .await?;
        commit(&connection).await?;
        Ok(sum)
    }

    pub async fn swap(
        &self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, Error> {
        let (key, value) = (Value::Text(key), Value::Blob(value));
        let changed = match expected {
            None => {
                let sql = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
                           ON CONFLICT DO NOTHING RETURNING 1";
                self.run(sql, [key, value]).await?
            }
            Some(expected) => {
                let sql = "UPDATE spin_key_value SET value = ?3
                           WHERE store = ?1 AND key = ?2 AND value = ?4 RETURNING 1";
                self.run(sql, [key, value, Value::Blob(expected)]).await?
            }
        };
        Ok(!changed.is_empty())
    }

    async fn read(&self, connection: &Connection, key: String) -> Result<Option<Vec<u8>>, Error> {
        let sql = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
        let rows = self.run_on(connection, sql, [Value::Text(key)]).await?;
        match rows.into_iter().flatten().next() {
            None => Ok(None),
            Some(Value::Blob(value)) => Ok(Some(value)),
            Some(_) => Err(Error::Foreign),
        }
    }

    async fn write(
        &self,
        connection: &Connection,
        key: String,
        value: Vec<u8>,
    ) -> Result<(), Error> {
        let parameters = [Value::Text(key), Value::Blob(value)];
        self.run_on(connection, SET, parameters).await.map(drop)
    }

    /// A connection with a transaction that may write. Dropping it rolls back.
    async fn begin(&self) -> Result<Connection, Error> {
        let connection = self.database.connect();
        connection
            .execute("BEGIN IMMEDIATE".to_owned(), vec![])
            .await?;
        Ok(connection)
    }

    /// Runs a statement whose first parameter is the store.
    async fn run<const N: usize>(
        &self,
        sql: &str,
        parameters: [Value; N],
    ) -> Result<Vec<Vec<Value>>, Error> {
        self.run_on(&self.database.connect(), sql, parameters).await
    }

    async fn run_on<const N: usize>(
        &self,
        connection: &Connection,
        sql: &str,
        parameters: [Value; N],
    ) -> Result<Vec<Vec<Value>>, Error> {
        let store = Value::Text(self.label.to_string());
        let parameters = std::iter::once(store).chain(parameters).collect();
        Ok(connection.execute(sql.to_owned(), parameters).await?.rows)
    }
}

async fn commit(connection: &Connection) -> Result<(), Error> {
    connection.execute("COMMIT".to_owned(), vec![]).await?;
    Ok(())
}

/// A JSON list, which SQL takes apart.
fn list(keys: &[String]) -> Value {
    Value::Text(serde_json::Value::from(keys).to_string())
}
