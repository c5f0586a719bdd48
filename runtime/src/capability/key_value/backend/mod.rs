//! Where the values lie. A [`Store`] is all the rest of the capability knows; another engine takes the place of the
//! files by offering the same.

mod file;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};

use crate::capability::sqlite::backend::{Error as Failure, Limits};

/// Longest key, in bytes.
pub const KEY_BYTES: usize = 1024;
/// Longest value, in bytes.
pub const VALUE_BYTES: usize = 10 << 20;
/// Size of all the keys, or of all the values, that one call returns, in bytes.
const RESULT_BYTES: usize = 32 << 20;

/// The stores that are configured, by label.
#[derive(Clone, Default)]
pub struct Stores(BTreeMap<String, file::Store>);

/// One store. Cloning it is cheap and names the same one.
#[derive(Clone)]
pub struct Store(file::Store);

/// Keys, page by page, each read when it is asked for.
pub type Pages = BoxStream<'static, Result<Vec<String>, Error>>;

/// Why an operation failed. The texts are for the component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the key has {0} bytes; at most {KEY_BYTES} are possible")]
    LongKey(usize),
    #[error("the value has {0} bytes; at most {VALUE_BYTES} are possible")]
    LargeValue(usize),
    #[error("the result is larger than {RESULT_BYTES} bytes; read it in parts")]
    LargeResult,
    #[error("the value is no number, or the sum is none that 64 bits can hold")]
    NoNumber,
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
        file::open(files, limits).map(Self)
    }

    /// The store with this label.
    pub fn get(&self, label: &str) -> Option<Store> {
        self.0.get(label).cloned().map(Store)
    }

    /// Closes all of them. Blocks.
    pub fn close(&self) {
        self.0.values().for_each(file::Store::close);
    }
}

impl Store {
    /// The value under `key`.
    pub async fn get(&self, key: String) -> Result<Option<Vec<u8>>, Error> {
        check_key(&key)?;
        self.0.get(key).await
    }

    /// Puts `value` under `key`, in place of any value there. It is kept when this returns.
    pub async fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        check_entry(&key, &value)?;
        self.0.set(key, value).await
    }

    /// Removes what lies under `key`, if anything.
    pub async fn delete(&self, key: String) -> Result<(), Error> {
        check_key(&key)?;
        self.0.delete(key).await
    }

    /// Whether a value lies under `key`.
    pub async fn exists(&self, key: String) -> Result<bool, Error> {
        check_key(&key)?;
        self.0.exists(key).await
    }

    /// All keys, page by page. A key set or deleted meanwhile may or may not be among them.
    pub fn pages(&self) -> Pages {
        let next = |(store, after): (file::Store, Option<String>)| async move {
            let page = store.page(after).await?;
            let last = page.last().cloned();
            Ok(last.map(|last| (page, (store, Some(last)))))
        };
        stream::try_unfold((self.0.clone(), None), next).boxed()
    }

    /// All keys at once. Fails where they are more than one call may return.
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
        Ok(keys)
    }

    /// The values under `keys`, one for each, in their order. They are of one moment.
    pub async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, Error> {
        keys.iter().try_for_each(|key| check_key(key))?;
        let found = self.0.get_many(&keys).await?;
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
        self.0.set_many(entries).await
    }

    /// Removes what lies under `keys`: all of it or, where this fails, nothing.
    pub async fn delete_many(&self, keys: Vec<String>) -> Result<(), Error> {
        keys.iter().try_for_each(|key| check_key(key))?;
        self.0.delete_many(&keys).await
    }

    /// Adds `delta` to the number under `key`, which counts as 0 where there is none, and returns the sum.
    pub async fn increment(&self, key: String, delta: i64) -> Result<i64, Error> {
        check_key(&key)?;
        self.0.increment(key, delta).await
    }

    /// Puts `value` under `key` if what lies there is `expected`, nothing where that is none. False where it is not.
    pub async fn swap(
        &self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, Error> {
        check_entry(&key, &value)?;
        self.0.swap(key, expected, value).await
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
