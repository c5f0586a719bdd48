//! What the operations on a store promise.

use super::*;

fn stores(folder: &tempfile::TempDir) -> Stores {
    let path = folder.path().join("key_value.db");
    let place = |label: &str| (label.to_owned(), Place::File(path.clone()));
    Stores::open(["default", "cache"].map(place), &Limits::default()).unwrap()
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
    assert_eq!(cache.keys().await, Ok(vec![]));
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
    assert_eq!(store.keys().await, Ok(vec!["key".to_owned()]));
}

#[tokio::test]
async fn all_keys_are_read_page_by_page_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = stores(&folder).get("cache").unwrap();
    let entries = (0..2501).map(|number| (format!("{number:05}"), vec![]));
    store.set_many(entries.collect()).await.unwrap();
    store.set(String::new(), vec![]).await.unwrap();
    let pages: Vec<_> = store.pages().try_collect().await.unwrap();
    assert!(pages.len() > 1);
    let keys = store.keys().await.unwrap();
    assert_eq!(pages.concat(), keys);
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

fn names(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| key.to_string()).collect()
}

#[tokio::test]
async fn many_entries_are_set_read_and_deleted_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let stores = stores(&folder);
    let (store, other) = (stores.get("default").unwrap(), stores.get("cache").unwrap());
    let entry = |key: &str, value: &[u8]| (key.to_owned(), value.to_vec());
    other.set_many(vec![entry("a", b"other")]).await.unwrap();
    store
        .set_many(vec![entry("a", b"1"), entry("\"b", b"2"), entry("a", b"3")])
        .await
        .unwrap();
    let found = store.get_many(names(&["\"b", "none", "a", "a"])).await;
    let some = |key: &str, value: &[u8]| (key.to_owned(), Some(value.to_vec()));
    assert_eq!(
        found.unwrap(),
        [
            some("\"b", b"2"),
            ("none".to_owned(), None),
            some("a", b"3"),
            some("a", b"3")
        ]
    );
    store.delete_many(names(&["a", "none"])).await.unwrap();
    assert_eq!(store.keys().await.unwrap(), ["\"b"]);
    assert_eq!(other.keys().await.unwrap(), ["a"]);
    assert_eq!(store.get_many(vec![]).await, Ok(vec![]));
    store.set_many(vec![]).await.unwrap();
    store.delete_many(vec![]).await.unwrap();
}

#[tokio::test]
async fn of_many_entries_none_is_set_where_one_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let store = stores(&folder).get("default").unwrap();
    let entries = vec![
        ("a".to_owned(), vec![1]),
        ("b".to_owned(), vec![7; VALUE_BYTES + 1]),
    ];
    let refused = store.set_many(entries).await;
    assert_eq!(refused, Err(Error::LargeValue(VALUE_BYTES + 1)));
    assert_eq!(store.keys().await, Ok(vec![]));
}

#[tokio::test]
async fn concurrent_increments_are_all_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store = stores(&folder).get("default").unwrap();
    let key = || "visits".to_owned();
    let increments = (0..50).map(|_| store.increment(key(), 2));
    let mut sums: Vec<i64> = futures::future::try_join_all(increments).await.unwrap();
    sums.sort();
    assert_eq!(sums, (1..=50).map(|count| 2 * count).collect::<Vec<_>>());
    assert_eq!(store.increment(key(), -101).await, Ok(-1));
    // Eight bytes, the least significant first: Spin reads the same.
    assert_eq!(store.get(key()).await, Ok(Some(vec![255; 8])));
}

#[tokio::test]
async fn what_is_no_number_is_not_incremented() {
    let folder = tempfile::tempdir().unwrap();
    let store = stores(&folder).get("default").unwrap();
    let key = || "visits".to_owned();
    store.set(key(), b"7".to_vec()).await.unwrap();
    assert_eq!(store.increment(key(), 1).await, Err(Error::NoNumber));
    let most = i64::MAX.to_le_bytes().to_vec();
    store.set(key(), most.clone()).await.unwrap();
    assert_eq!(store.increment(key(), 1).await, Err(Error::NoNumber));
    assert_eq!(store.get(key()).await, Ok(Some(most)));
}

#[tokio::test]
async fn a_value_is_swapped_only_where_it_is_the_expected_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = stores(&folder).get("default").unwrap();
    let swap = |expected: Option<&str>, value: &str| {
        let expected = expected.map(|expected| expected.as_bytes().to_vec());
        store.swap("key".to_owned(), expected, value.as_bytes().to_vec())
    };
    assert_eq!(swap(Some("one"), "two").await, Ok(false));
    assert_eq!(swap(None, "one").await, Ok(true));
    assert_eq!(swap(None, "two").await, Ok(false));
    assert_eq!(swap(Some("three"), "two").await, Ok(false));
    assert_eq!(swap(Some("one"), "two").await, Ok(true));
    assert_eq!(store.get("key".to_owned()).await, Ok(Some(b"two".to_vec())));
}

/// A Redis server of its own for one test; None where SELVEDGE_TEST_REDIS does not name the executable of one.
struct Redis {
    child: std::process::Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Redis {
    async fn start() -> Option<Self> {
        let executable = std::env::var_os("SELVEDGE_TEST_REDIS")?;
        let folder = tempfile::tempdir().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        drop(listener);
        let child = std::process::Command::new(executable)
            .args([
                "--port",
                &port,
                "--requirepass",
                "hunter2",
                "--save",
                "",
                "--dir",
            ])
            .arg(folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let redis = Self {
            child,
            url: format!("redis://:hunter2@127.0.0.1:{port}/0"),
            _folder: folder,
        };
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while redis.store().exists("a".to_owned()).await.is_err() {
            assert!(
                std::time::Instant::now() < deadline,
                "the server does not start"
            );
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Some(redis)
    }

    fn store(&self) -> Store {
        remote(&self.url)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn remote(url: &str) -> Store {
    let place = ("remote".to_owned(), Place::Redis(url.to_owned().into()));
    let stores = Stores::open([place], &Limits::default()).unwrap();
    stores.get("remote").unwrap()
}

#[tokio::test]
async fn a_redis_server_does_all_that_a_file_does() {
    let Some(redis) = Redis::start().await else {
        return;
    };
    let store = redis.store();
    let key = || "a/ключ".to_owned();
    assert_eq!(store.get(key()).await, Ok(None));
    store.set(key(), vec![0, 255]).await.unwrap();
    assert_eq!(store.get(key()).await, Ok(Some(vec![0, 255])));
    assert_eq!(store.exists(key()).await, Ok(true));
    store.delete(key()).await.unwrap();
    assert_eq!(store.exists(key()).await, Ok(false));

    let entries = (0..2500).map(|number| (format!("{number:05}"), vec![1]));
    store.set_many(entries.clone().collect()).await.unwrap();
    let keys: Vec<_> = entries.map(|(key, _)| key).collect();
    assert_eq!(store.keys().await, Ok(keys.clone()));
    let some = store.get_many(names(&["00001", "none"])).await.unwrap();
    assert_eq!(
        some,
        [
            ("00001".to_owned(), Some(vec![1])),
            ("none".to_owned(), None)
        ]
    );
    store.delete_many(keys).await.unwrap();
    assert_eq!(store.keys().await, Ok(vec![]));

    let visits = || "visits".to_owned();
    let increments = (0..50).map(|_| store.increment(visits(), 2));
    futures::future::try_join_all(increments).await.unwrap();
    assert_eq!(store.increment(visits(), -101).await, Ok(-1));
    store.set(visits(), b"many".to_vec()).await.unwrap();
    let refused = store.increment(visits(), 1).await;
    assert!(matches!(refused, Err(Error::Server(_))), "{refused:?}");

    let swap = |expected: Option<&str>, value: &str| {
        let expected = expected.map(|expected| expected.as_bytes().to_vec());
        store.swap("key".to_owned(), expected, value.as_bytes().to_vec())
    };
    assert_eq!(swap(Some("one"), "two").await, Ok(false));
    assert_eq!(swap(None, "one").await, Ok(true));
    assert_eq!(swap(None, "two").await, Ok(false));
    assert_eq!(swap(Some("one"), "two").await, Ok(true));
    assert_eq!(store.get("key".to_owned()).await, Ok(Some(b"two".to_vec())));
}

#[tokio::test]
async fn a_redis_server_that_is_down_is_an_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let store = remote(&format!("redis://:hunter2@{address}"));
    assert_eq!(store.get("a".to_owned()).await, Err(Error::Unreachable));
}
