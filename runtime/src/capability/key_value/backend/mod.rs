//! Where the values lie: in SQLite files or on Redis servers. A [`Store`] is all the rest of the capability knows.

mod file;
mod redis;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};

use crate::capability::sqlite::backend::{Error as Failure, Limits};
use crate::config::Secret;

/// Longest key, in bytes.
pub const KEY_BYTES: usize = 1024;
/// Longest value, in bytes.
pub const VALUE_BYTES: usize = 10 << 20;
/// Size of all the keys, or of all the values, that one call returns, in bytes.
const RESULT_BYTES: usize = 32 << 20;

/// The stores that are configured, by label.
#[derive(Clone, Default)]
pub struct Stores(BTreeMap<String, Store>);

/// Where a store lies.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a SQLite file, which several may share.
    File(PathBuf),
    /// On the Redis server with this URL.
    Redis(Secret),
}

/// One store. Cloning it is cheap and names the same one.
#[derive(Clone)]
pub enum Store {
    File(file::Store),
    Redis(redis::Store),
}

/// Keys, page by page, each read when it is asked for.
pub type Pages = BoxStream<'static, Result<Vec<String>, Error>>;

/// Why an operation failed. The texts are for the component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the key has {0} bytes; at most {KEY_BYTES} are possible")]
    LongKey(usize),
    #[error("the value has {0} bytes; at most {VALUE_BYTES} are possible")]
    LargeValue(usize),
    #[error("query result exceeds limit of {RESULT_BYTES} bytes; read it in parts")]
    LargeResult,
    #[error("the value is no number, or the sum is none that 64 bits can hold")]
    NoNumber,
    #[error(transparent)]
    Database(#[from] Failure),
    /// What a server said.
    #[error("{0}")]
    Server(String),
    #[error("the store cannot be reached")]
    Unreachable,
    /// It was written by something else.
    #[error("the store holds something that is no entry")]
    Foreign,
}

impl Stores {
    /// Opens a store for each label and place. Blocks.
    pub fn open(
        places: impl IntoIterator<Item = (String, Place)>,
        limits: &Limits,
    ) -> anyhow::Result<Self> {
        let mut files = file::Files::new(limits);
        let open = |(label, place): (String, Place)| {
            let store = match &place {
                Place::File(path) => files.open(&label, path).map(Store::File),
                Place::Redis(url) => redis::Store::new(url).map(Store::Redis),
            };
            let store =
                store.with_context(|| format!("the key-value store {label:?} is not available"))?;
            Ok((label, store))
        };
        places
            .into_iter()
            .map(open)
            .collect::<anyhow::Result<_>>()
            .map(Self)
    }

    /// The store with this label.
    pub fn get(&self, label: &str) -> Option<Store> {
        self.0.get(label).cloned()
    }

    /// Closes all of them. Blocks.
    pub fn close(&self) {
        for store in self.0.values() {
            match store {
                Store::File(store) => store.close(),
                // Nothing there waits to be written.
                Store::Redis(_) => (),
            }
        }
    }
}

impl Store {
    /// The value under `key`.
    pub async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        check_key(&key)?;
        match self {
            Self::File(store) => store.get(key).await,
            Self::Redis(store) => store.get(key).await,
        }
    }

    /// Puts `value` under `key`, in place of any value there. It is kept when this returns.
    pub async fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        check_entry(&key, &value)?;
        match self {
            Self::File(store) => store.set(key, value).await,
            Self::Redis(store) => store.set(key, value).await,
        }
    }

    /// Removes what lies under `key`, if anything.
    pub async fn delete(&self, key: String) -> Result<(), Error> {
        check_key(&key)?;
        match self {
            Self::File(store) => store.delete(key).await,
            Self::Redis(store) => store.delete(key).await,
        }
    }

    /// Whether a value lies under `key`.
    pub async fn exists(&self, key: String) -> Result<bool, Error> {
        check_key(&key)?;
        match self {
            Self::File(store) => store.exists(key).await,
            Self::Redis(store) => store.exists(key).await,
        }
    }

    /// All keys, page by page. A key set or deleted meanwhile may or may not be among them.
    pub fn pages(&self) -> Pages {
        match self.clone() {
            Self::File(store) => {
                let next = |(store, after): (file::Store, Option<String>)| async move {
                    let page = store.page(after).await?;
                    let last = page.last().cloned();
                    Ok(last.map(|last| (page, (store, Some(last)))))
                };
                stream::try_unfold((store, None), next).boxed()
            }
            Self::Redis(store) => {
                // The outer None is the end, the inner one the beginning.
                let next = |from: Option<(redis::Store, Option<redis::Cursor>)>| async move {
                    let Some((store, cursor)) = from else {
                        return Ok(None);
                    };
                    let (page, cursor) = store.page(cursor).await?;
                    let rest = cursor.map(|cursor| (store, Some(cursor)));
                    Ok(Some((page, rest)))
                };
                stream::try_unfold(Some((store, None)), next).boxed()
            }
        }
    }

    /// All keys at once, in order. Fails where they are more than one call may return.
    pub async fn keys(&self) -> Result<Vec<String>, Error> {
        let mut pages = self.pages();
        let (mut keys, mut size) = (Vec::new(), 0);
        while let Some(page) = pages.try_next().await? {
            size += page
                .iter()
                .map(|key| size_of::<String>() + key.len())
                .sum::<usize>();
            if size > RESULT_BYTES {
                return Err(Error::LargeResult);
            }
            keys.extend(page);
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// The values under `keys`, one for each, in their order. They are of one moment.
    pub async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, Error> {
        keys.iter().try_for_each(|key| check_key(key))?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = match self {
            Self::File(store) => store.get_many(&keys).await,
            Self::Redis(store) => store.get_many(&keys).await,
        }?;
        // What was read is bounded; a key asked for many times is answered as often.
        let size: usize = keys
            .iter()
            .filter_map(|key| found.get(key))
            .map(Vec::len)
            .sum();
        if size > RESULT_BYTES {
            return Err(Error::LargeResult);
        }
        let value = |key: String| {
            let value = found.get(&key).cloned();
            (key, value)
        };
        Ok(keys.into_iter().map(value).collect())
    }

    /// Puts each value under its key: all of them or, where this fails, none.
    pub async fn set_many(&self, entries: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        entries
            .iter()
            .try_for_each(|(key, value)| check_entry(key, value))?;
        if entries.is_empty() {
            return Ok(());
        }
        match self {
            Self::File(store) => store.set_many(entries).await,
            Self::Redis(store) => store.set_many(entries).await,
        }
    }

    /// Removes what lies under `keys`: all of it or, where this fails, nothing.
    pub async fn delete_many(&self, keys: Vec<String>) -> Result<(), Error> {
        keys.iter().try_for_each(|key| check_key(key))?;
        if keys.is_empty() {
            return Ok(());
        }
        match self {
            Self::File(store) => store.delete_many(&keys).await,
            Self::Redis(store) => store.delete_many(&keys).await,
        }
    }

    /// Adds `delta` to the number under `key`, which counts as 0 where there is none, and returns the sum.
    pub async fn increment(&self, key: String, delta: i64) -> Result<i64, Error> {
        check_key(&key)?;
        match self {
            Self::File(store) => store.increment(key, delta).await,
            Self::Redis(store) => store.increment(key, delta).await,
        }
    }

    /// Puts `value` under `key` if what lies there is `expected`, nothing where that is none. False where it is not.
    pub async fn swap(
        &self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, Error> {
        check_entry(&key, &value)?;
        match self {
            Self::File(store) => store.swap(key, expected, value).await,
            Self::Redis(store) => store.swap(key, expected, value).await,
        }
    }
}

fn check_key(key: &str) -> Result<(), Error> {
    if key.len() > KEY_BYTES {
        return Err(Error::LongKey(key.len()));
    }
    Ok(())
}

fn check_entry(key: &str, value: &[u8]) -> Result<(), Error> {
    if value.len() > VALUE_BYTES {
        return Err(Error::LargeValue(value.len()));
    }
    check_key(key)
}
