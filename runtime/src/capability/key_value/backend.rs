//! Where the values lie: rows of a SQLite file, behind the same pool and bounds as a component's databases.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use crate::capability::sqlite::backend::{Database, Error as Failure, Limits, Value};

/// Longest key, in bytes.
pub const KEY_BYTES: usize = 1024;
/// Longest value, in bytes.
pub const VALUE_BYTES: usize = 10 << 20;
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

/// The stores that are configured, by label.
#[derive(Clone, Default)]
pub struct Stores {
    stores: BTreeMap<String, Database>,
}

/// One store. Cloning it is cheap and names the same one.
#[derive(Clone)]
pub struct Store {
    database: Database,
    label: Arc<str>,
}

/// Why an operation failed. The texts are for the component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the key has {0} bytes; at most {KEY_BYTES} are possible")]
    LongKey(usize),
    #[error("the value has {0} bytes; at most {VALUE_BYTES} are possible")]
    LargeValue(usize),
    #[error(transparent)]
    Database(#[from] Failure),
    /// The file was written by something else.
    #[error("the store holds something that is no entry")]
    Foreign,
}

impl Stores {
    /// Opens a store for each label and file; several may share a file. Blocks.
    pub fn open<L, P>(
        files: impl IntoIterator<Item = (L, P)>,
        limits: &Limits,
    ) -> anyhow::Result<Self>
    where
        L: Into<String>,
        P: AsRef<Path>,
    {
        let limits = Limits {
            value_bytes: ROW_BYTES,
            ..limits.clone()
        };
        let mut databases: BTreeMap<PathBuf, Database> = BTreeMap::new();
        let mut stores = BTreeMap::new();
        for (label, path) in files {
            let (label, path) = (label.into(), path.as_ref());
            let database = match databases.get(path) {
                Some(database) => database.clone(),
                None => Database::open(path, limits.clone(), SCHEMA)
                    .with_context(|| format!("the key-value store {label:?} is not available"))?,
            };
            databases.insert(path.to_owned(), database.clone());
            stores.insert(label, database);
        }
        Ok(Self { stores })
    }

    /// The store with this label.
    pub fn get(&self, label: &str) -> Option<Store> {
        let database = self.stores.get(label)?.clone();
        Some(Store {
            database,
            label: label.into(),
        })
    }

    /// Closes all of them. Blocks.
    pub fn close(&self) {
        self.stores.values().for_each(Database::close);
    }
}

impl Store {
    /// The value under the key `name`.
    pub async fn get(&self, name: String) -> Result<Option<Vec<u8>>, Error> {
        let sql = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
        match self.run(sql, [key(name)?]).await?.pop() {
            None => Ok(None),
            Some(Value::Blob(value)) => Ok(Some(value)),
            Some(_) => Err(Error::Foreign),
        }
    }

    /// Puts `value` under the key `name`, in place of any value there. It is on disk when this returns.
    pub async fn set(&self, name: String, value: Vec<u8>) -> Result<(), Error> {
        if value.len() > VALUE_BYTES {
            return Err(Error::LargeValue(value.len()));
        }
        let sql = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
                   ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";
        self.run(sql, [key(name)?, Value::Blob(value)])
            .await
            .map(drop)
    }

    /// Removes what lies under the key `name`, if anything.
    pub async fn delete(&self, name: String) -> Result<(), Error> {
        let sql = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2";
        self.run(sql, [key(name)?]).await.map(drop)
    }

    /// Whether a value lies under the key `name`.
    pub async fn exists(&self, name: String) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2";
        Ok(!self.run(sql, [key(name)?]).await?.is_empty())
    }

    /// The first keys, in order, or those that follow `after`; as many as are read at a time. None when there are no more.
    pub async fn keys(&self, after: Option<String>) -> Result<Vec<String>, Error> {
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
        let text = |value| match value {
            Value::Text(key) => Ok(key),
            _ => Err(Error::Foreign),
        };
        keys.into_iter().map(text).collect()
    }

    /// Runs a statement whose first parameter is the store. Returns the first column.
    async fn run<const N: usize>(
        &self,
        sql: &str,
        parameters: [Value; N],
    ) -> Result<Vec<Value>, Error> {
        let store = Value::Text(self.label.to_string());
        let parameters = std::iter::once(store).chain(parameters).collect();
        let result = self
            .database
            .connect()
            .execute(sql.to_owned(), parameters)
            .await?;
        Ok(result
            .rows
            .into_iter()
            .filter_map(|row| row.into_iter().next())
            .collect())
    }
}

/// A key as it is stored, if it can be.
fn key(key: String) -> Result<Value, Error> {
    if key.len() > KEY_BYTES {
        Err(Error::LongKey(key.len()))
    } else {
        Ok(Value::Text(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stores(folder: &tempfile::TempDir) -> Stores {
        let path = folder.path().join("key_value.db");
        Stores::open([("default", &path), ("cache", &path)], &Limits::default()).unwrap()
    }

    #[tokio::test]
    async fn what_was_set_can_be_read_until_it_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let store = stores(&folder).get("default").unwrap();
        let key = || "a/ключ".to_owned();
        assert_eq!(store.get(key()).await, Ok(None));
        store.set(key(), b"one".to_vec()).await.unwrap();
        store.set(key(), vec![0, 255]).await.unwrap();
        assert_eq!(store.get(key()).await, Ok(Some(vec![0, 255])));
        assert_eq!(store.exists(key()).await, Ok(true));
        store.delete(key()).await.unwrap();
        store.delete(key()).await.unwrap();
        assert_eq!(store.exists(key()).await, Ok(false));
    }

    #[tokio::test]
    async fn stores_in_one_file_are_apart() {
        let folder = tempfile::tempdir().unwrap();
        let stores = stores(&folder);
        let (default, cache) = (stores.get("default").unwrap(), stores.get("cache").unwrap());
        default
            .set("key".to_owned(), b"default".to_vec())
            .await
            .unwrap();
        assert_eq!(cache.get("key".to_owned()).await, Ok(None));
        assert_eq!(cache.keys(None).await, Ok(vec![]));
        assert!(stores.get("defaul").is_none());
    }

    #[tokio::test]
    async fn a_file_that_spin_made_can_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key_value.db");
        let spin = rusqlite::Connection::open(&path).unwrap();
        let table = "spin_key_value (store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
                                     PRIMARY KEY (store, key))";
        let entry = "INSERT INTO spin_key_value VALUES ('default', 'key', x'01')";
        spin.execute_batch(&format!("CREATE TABLE {table}; {entry}"))
            .unwrap();
        let store = stores(&folder).get("default").unwrap();
        assert_eq!(store.get("key".to_owned()).await, Ok(Some(vec![1])));
        store.set("key".to_owned(), vec![2]).await.unwrap();
        assert_eq!(store.keys(None).await, Ok(vec!["key".to_owned()]));
    }

    #[tokio::test]
    async fn all_keys_are_read_page_by_page_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = stores(&folder).get("cache").unwrap();
        let sql = "INSERT INTO spin_key_value SELECT 'cache', printf('%05d', value), x'' FROM
                   (WITH RECURSIVE t(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM t WHERE value < 2500)
                    SELECT value FROM t)";
        store
            .database
            .connect()
            .execute(sql.to_owned(), vec![])
            .await
            .unwrap();
        store.set(String::new(), vec![]).await.unwrap();
        let mut keys = vec![];
        loop {
            let page = store.keys(keys.last().cloned()).await.unwrap();
            if page.is_empty() {
                break;
            }
            keys.extend(page);
        }
        assert_eq!(keys.len(), 2502);
        assert!(keys.is_sorted());
    }

    #[tokio::test]
    async fn a_key_or_value_that_is_too_large_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = stores(&folder).get("default").unwrap();
        let key = "k".repeat(KEY_BYTES);
        store.set(key.clone(), vec![7; VALUE_BYTES]).await.unwrap();
        assert_eq!(
            store.get(key.clone()).await.unwrap().unwrap().len(),
            VALUE_BYTES
        );
        let longer = format!("{key}k");
        assert_eq!(
            store.get(longer.clone()).await,
            Err(Error::LongKey(KEY_BYTES + 1))
        );
        assert_eq!(
            store.set(longer, vec![]).await,
            Err(Error::LongKey(KEY_BYTES + 1))
        );
        let larger = vec![7; VALUE_BYTES + 1];
        assert_eq!(
            store.set(key, larger).await,
            Err(Error::LargeValue(VALUE_BYTES + 1))
        );
    }
}
