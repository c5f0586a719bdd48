//! What a component may rely on, and what it cannot do to others, tried on real files.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;

/// Runs until it is stopped.
const ENDLESS: &str =
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t";

/// A fresh database with one table, `notes (id, text)`.
struct Fixture {
    database: Database,
    folder: TempDir,
}

impl Fixture {
    async fn new(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("test.db"), limits, "").unwrap();
        let fixture = Self { database, folder };
        fixture
            .run("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE) STRICT")
            .await
            .unwrap();
        fixture
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// Runs a statement on a connection of its own.
    async fn run(&self, sql: &str) -> Result<Rows, Error> {
        run(&self.database.connect(), sql).await
    }

    async fn count(&self) -> i64 {
        integer(&self.database.connect(), "SELECT count(*) FROM notes").await
    }
}

async fn run(connection: &Connection, sql: &str) -> Result<Rows, Error> {
    connection.execute(sql.to_owned(), vec![]).await
}

async fn value(connection: &Connection, sql: &str) -> Value {
    run(connection, sql).await.unwrap().rows.remove(0).remove(0)
}

async fn integer(connection: &Connection, sql: &str) -> i64 {
    match value(connection, sql).await {
        Value::Integer(value) => value,
        other => panic!("{other:?} is no integer"),
    }
}

fn short(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

mod values {
    use super::*;

    #[tokio::test]
    async fn values_of_every_class_come_back_as_they_went() {
        let fixture = Fixture::new(Limits::default()).await;
        let values = vec![
            Value::Integer(i64::MIN),
            Value::Real(-0.5),
            Value::Text("ä\0b".to_owned()),
            Value::Blob(vec![0, 255]),
            Value::Null,
        ];
        let sql = "SELECT ?1 AS a, ?2 AS b, ?3 AS c, ?4 AS d, ?5 AS e".to_owned();
        let result = fixture
            .database
            .connect()
            .execute(sql, values.clone())
            .await
            .unwrap();
        assert_eq!(result.columns, ["a", "b", "c", "d", "e"]);
        assert_eq!(result.rows, [values]);
    }

    #[tokio::test]
    async fn the_number_of_parameters_has_to_fit() {
        let fixture = Fixture::new(Limits::default()).await;
        let connection = fixture.database.connect();
        for parameters in [vec![], vec![Value::Null, Value::Null]] {
            let error = connection
                .execute("SELECT ?1".to_owned(), parameters)
                .await
                .unwrap_err();
            assert!(matches!(error, Error::Failed(_)), "{error}");
        }
    }

    #[tokio::test]
    async fn text_that_is_not_utf8_is_an_error_and_not_a_crash() {
        let fixture = Fixture::new(Limits::default()).await;
        let error = fixture
            .run("SELECT 1, CAST(x'ff' AS TEXT)")
            .await
            .unwrap_err();
        assert_eq!(
            error,
            Error::Failed("the text in column 1 is not UTF-8".to_owned())
        );
    }

    #[tokio::test]
    async fn one_statement_a_time_is_run_and_nothing_of_more() {
        let fixture = Fixture::new(Limits::default()).await;
        let two = "INSERT INTO notes (text) VALUES ('a'); INSERT INTO notes (text) VALUES ('b')";
        assert!(matches!(fixture.run(two).await, Err(Error::Failed(_))));
        assert_eq!(fixture.count().await, 0);
        fixture.run("SELECT 1; -- no more").await.unwrap();
        assert_eq!(
            fixture.run(" -- nothing").await,
            Err(Error::Failed("there is no statement".to_owned()))
        );
    }

    #[tokio::test]
    async fn sqlite_s_own_message_reaches_the_component() {
        let fixture = Fixture::new(Limits::default()).await;
        fixture
            .run("INSERT INTO notes (text) VALUES ('a')")
            .await
            .unwrap();
        let error = fixture
            .run("INSERT INTO notes (text) VALUES ('a')")
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "UNIQUE constraint failed: notes.text");
        let error = fixture.run("SELEKT 1").await.unwrap_err();
        assert_eq!(error.to_string(), "near \"SELEKT\": syntax error");
    }

    #[tokio::test]
    async fn a_column_added_by_one_connection_is_seen_by_another_s_cached_statement() {
        let fixture = Fixture::new(Limits {
            connections: 1,
            ..Limits::default()
        })
        .await;
        let connection = fixture.database.connect();
        run(&connection, "INSERT INTO notes (text) VALUES ('a')")
            .await
            .unwrap();
        run(&connection, "SELECT * FROM notes").await.unwrap();
        fixture
            .run("ALTER TABLE notes ADD COLUMN tag TEXT")
            .await
            .unwrap();
        let result = run(&connection, "SELECT * FROM notes").await.unwrap();
        assert_eq!(result.columns, ["id", "text", "tag"]);
        assert_eq!(result.rows[0].len(), 3);
    }
}

mod transactions {
    use super::*;

    #[tokio::test]
    async fn statements_of_two_connections_never_mix() {
        let fixture = Fixture::new(Limits::default()).await;
        let (one, two) = (fixture.database.connect(), fixture.database.connect());
        run(&one, "BEGIN").await.unwrap();
        run(&one, "INSERT INTO notes (text) VALUES ('one')")
            .await
            .unwrap();
        assert_eq!(integer(&one, "SELECT count(*) FROM notes").await, 1);
        assert_eq!(integer(&two, "SELECT count(*) FROM notes").await, 0);
        assert!(run(&two, "COMMIT").await.is_err());
        assert!(run(&two, "ROLLBACK").await.is_err());
        run(&one, "COMMIT").await.unwrap();
        assert_eq!(integer(&two, "SELECT count(*) FROM notes").await, 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn parallel_increments_lose_nothing() {
        let fixture = Fixture::new(Limits {
            wait: Duration::from_secs(60),
            ..Limits::default()
        })
        .await;
        fixture
            .run("INSERT INTO notes (id, text) VALUES (1, '0')")
            .await
            .unwrap();
        let increments = (0..16).map(|_| {
            let database = fixture.database.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    let connection = database.connect();
                    run(&connection, "BEGIN IMMEDIATE").await.unwrap();
                    let n = integer(&connection, "SELECT CAST(text AS INTEGER) FROM notes WHERE id = 1").await;
                    let next = vec![Value::Text((n + 1).to_string())];
                    let sql = "UPDATE notes SET text = ?1 WHERE id = 1".to_owned();
                    connection.execute(sql, next).await.unwrap();
                    run(&connection, "COMMIT").await.unwrap();
                    let sql = "UPDATE notes SET text = CAST(text AS INTEGER) + 1 WHERE id = 1 RETURNING text";
                    run(&database.connect(), sql).await.unwrap();
                }
            })
        });
        for increment in increments.collect::<Vec<_>>() {
            increment.await.unwrap();
        }
        let sum = value(&fixture.database.connect(), "SELECT text FROM notes").await;
        assert_eq!(sum, Value::Text("320".to_owned()));
    }

    #[tokio::test]
    async fn a_dropped_connection_rolls_back() {
        let fixture = Fixture::new(Limits::default()).await;
        for begin in ["BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT a"] {
            let connection = fixture.database.connect();
            run(&connection, begin).await.unwrap();
            run(&connection, "INSERT INTO notes (text) VALUES ('lost')")
                .await
                .unwrap();
            drop(connection);
            fixture
                .run("INSERT INTO notes (text) VALUES (NULL)")
                .await
                .unwrap();
        }
        assert_eq!(fixture.count().await, 3);
    }

    #[test]
    fn a_connection_may_be_dropped_where_no_runtime_is() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (fixture, connection) = runtime.block_on(async {
            let fixture = Fixture::new(Limits::default()).await;
            let connection = fixture.database.connect();
            run(&connection, "BEGIN IMMEDIATE").await.unwrap();
            (fixture, connection)
        });
        drop(connection);
        runtime.block_on(async {
            fixture
                .run("INSERT INTO notes (text) VALUES ('kept')")
                .await
                .unwrap();
        });
        drop(runtime);
    }

    #[test]
    fn a_connection_may_be_dropped_while_its_runtime_ends() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let fixture = runtime.block_on(Fixture::new(Limits::default()));
        let connection = fixture.database.connect();
        runtime
            .block_on(run(&connection, "BEGIN IMMEDIATE"))
            .unwrap();
        runtime.spawn(async move {
            std::future::pending::<()>().await;
            drop(connection);
        });
        drop(runtime);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime
            .block_on(fixture.run("INSERT INTO notes (text) VALUES ('kept')"))
            .unwrap();
    }

    #[tokio::test]
    async fn a_transaction_survives_that_nobody_waits_for_one_of_its_statements() {
        let fixture = Fixture::new(Limits::default()).await;
        let connection = fixture.database.connect();
        run(&connection, "BEGIN IMMEDIATE").await.unwrap();
        let mut insert = Box::pin(run(&connection, "INSERT INTO notes (text) VALUES ('a')"));
        assert!(futures::poll!(insert.as_mut()).is_pending());
        drop(insert);
        run(&connection, "INSERT INTO notes (text) VALUES ('b')")
            .await
            .unwrap();
        run(&connection, "COMMIT").await.unwrap();
        assert_eq!(fixture.count().await, 2);
    }

    #[tokio::test]
    async fn a_forgotten_transaction_is_rolled_back_and_its_connection_told() {
        let fixture = Fixture::new(Limits {
            idle_transaction: short(100),
            ..Limits::default()
        })
        .await;
        let connection = fixture.database.connect();
        run(&connection, "BEGIN IMMEDIATE").await.unwrap();
        run(&connection, "INSERT INTO notes (text) VALUES ('lost')")
            .await
            .unwrap();
        // Waits its turn, which comes when the transaction has expired.
        fixture
            .run("INSERT INTO notes (text) VALUES ('kept')")
            .await
            .unwrap();
        let error = run(&connection, "COMMIT").await.unwrap_err();
        assert_eq!(error, Error::Expired(short(100)));
        assert_eq!(integer(&connection, "SELECT count(*) FROM notes").await, 1);
    }

    #[tokio::test]
    async fn a_transaction_in_use_may_last_longer_than_an_idle_one() {
        let fixture = Fixture::new(Limits {
            idle_transaction: short(200),
            ..Limits::default()
        })
        .await;
        let connection = fixture.database.connect();
        run(&connection, "BEGIN IMMEDIATE").await.unwrap();
        for _ in 0..5 {
            tokio::time::sleep(short(80)).await;
            run(&connection, "INSERT INTO notes (text) VALUES (NULL)")
                .await
                .unwrap();
        }
        run(&connection, "COMMIT").await.unwrap();
        assert_eq!(fixture.count().await, 5);
    }

    #[tokio::test]
    async fn a_transaction_that_began_by_reading_waits_its_turn_to_write() {
        let fixture = Fixture::new(Limits {
            wait: short(100),
            ..Limits::default()
        })
        .await;
        let (reader, writer) = (fixture.database.connect(), fixture.database.connect());
        run(&writer, "BEGIN IMMEDIATE").await.unwrap();
        run(&reader, "BEGIN").await.unwrap();
        let insert = "WITH t(a) AS (SELECT 'a') INSERT INTO notes (text) SELECT a FROM t";
        let error = run(&reader, insert).await.unwrap_err();
        assert!(
            error.to_string().starts_with("database is locked"),
            "{error}"
        );
        run(&writer, "COMMIT").await.unwrap();
        run(&reader, insert).await.unwrap();
        run(&reader, "COMMIT").await.unwrap();
        assert_eq!(fixture.count().await, 1);
    }

    #[tokio::test]
    async fn a_transaction_that_read_what_has_changed_since_cannot_write() {
        let fixture = Fixture::new(Limits::default()).await;
        let connection = fixture.database.connect();
        run(&connection, "BEGIN").await.unwrap();
        assert_eq!(integer(&connection, "SELECT count(*) FROM notes").await, 0);
        fixture
            .run("INSERT INTO notes (text) VALUES ('a')")
            .await
            .unwrap();
        let error = run(&connection, "INSERT INTO notes (text) VALUES ('b')")
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Busy(_)), "{error}");
        run(&connection, "ROLLBACK").await.unwrap();
        run(&connection, "INSERT INTO notes (text) VALUES ('b')")
            .await
            .unwrap();
    }
}

mod sessions {
    use super::*;

    #[tokio::test]
    async fn rowid_and_changes_belong_to_the_logical_connection() {
        let fixture = Fixture::new(Limits {
            connections: 1,
            ..Limits::default()
        })
        .await;
        let (one, two) = (fixture.database.connect(), fixture.database.connect());
        assert_eq!((one.last_insert_rowid().await, one.changes().await), (0, 0));
        run(&one, "INSERT INTO notes (id) VALUES (7), (8)")
            .await
            .unwrap();
        run(&two, "INSERT INTO notes (id) VALUES (100)")
            .await
            .unwrap();
        run(&two, "SELECT 1").await.unwrap();
        for _ in 0..2 {
            assert_eq!((one.last_insert_rowid().await, one.changes().await), (8, 2));
            assert_eq!(integer(&one, "SELECT last_insert_rowid()").await, 8);
            assert_eq!(integer(&one, "SELECT changes()").await, 2);
            assert_eq!(
                (two.last_insert_rowid().await, two.changes().await),
                (100, 1)
            );
        }
        run(&one, "UPDATE notes SET text = NULL WHERE id > 1000")
            .await
            .unwrap();
        assert_eq!((one.last_insert_rowid().await, one.changes().await), (8, 0));
        assert_eq!(
            integer(
                &fixture.database.connect(),
                "SELECT last_insert_rowid() + changes()"
            )
            .await,
            0
        );
    }

    #[tokio::test]
    async fn foreign_keys_are_on_and_turning_them_off_concerns_one_connection() {
        let fixture = Fixture::new(Limits {
            connections: 1,
            ..Limits::default()
        })
        .await;
        fixture
            .run("CREATE TABLE tags (note INTEGER REFERENCES notes) STRICT")
            .await
            .unwrap();
        let orphan = "INSERT INTO tags VALUES (404)";
        let off = fixture.database.connect();
        for _ in 0..2 {
            run(&off, "PRAGMA foreign_keys = OFF").await.unwrap();
            run(&off, orphan).await.unwrap();
            let error = fixture.run(orphan).await.unwrap_err();
            assert_eq!(error.to_string(), "FOREIGN KEY constraint failed");
            run(&off, "PRAGMA foreign_keys = ON").await.unwrap();
            assert!(run(&off, orphan).await.is_err());
        }
    }
}

mod bounds {
    use super::*;

    #[tokio::test]
    async fn an_endless_statement_is_stopped_and_its_connection_goes_on() {
        let fixture = Fixture::new(Limits {
            statement: short(100),
            ..Limits::default()
        })
        .await;
        let connection = fixture.database.connect();
        let started = Instant::now();
        assert_eq!(
            run(&connection, ENDLESS).await,
            Err(Error::Deadline(short(100)))
        );
        assert!(started.elapsed() < Duration::from_secs(3));
        assert_eq!(integer(&connection, "SELECT 1").await, 1);
    }

    #[tokio::test]
    async fn an_endless_statement_in_a_transaction_leaves_it_open() {
        let fixture = Fixture::new(Limits {
            statement: short(100),
            ..Limits::default()
        })
        .await;
        let connection = fixture.database.connect();
        run(&connection, "BEGIN IMMEDIATE").await.unwrap();
        run(&connection, "INSERT INTO notes (text) VALUES ('a')")
            .await
            .unwrap();
        assert_eq!(
            run(&connection, ENDLESS).await,
            Err(Error::Deadline(short(100)))
        );
        run(&connection, "COMMIT").await.unwrap();
        assert_eq!(fixture.count().await, 1);
    }

    #[tokio::test]
    async fn the_statement_of_a_dropped_connection_is_stopped() {
        let fixture = Fixture::new(Limits {
            connections: 1,
            ..Limits::default()
        })
        .await;
        let connection = fixture.database.connect();
        let endless = run(&connection, ENDLESS);
        assert!(tokio::time::timeout(short(50), endless).await.is_err());
        drop(connection);
        let started = Instant::now();
        fixture.run("SELECT 1").await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(3));
    }

    #[tokio::test]
    async fn no_more_connections_are_used_than_the_pool_has() {
        let limits = Limits {
            connections: 2,
            wait: short(100),
            ..Limits::default()
        };
        let fixture = Fixture::new(limits).await;
        let all = [0, 1].map(|_| fixture.database.connect());
        for connection in &all {
            run(connection, "BEGIN").await.unwrap();
        }
        let error = fixture.run("SELECT 1").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "database is locked: all connections are in use"
        );
        run(&all[0], "COMMIT").await.unwrap();
        fixture.run("SELECT 1").await.unwrap();
    }

    #[tokio::test]
    async fn a_writer_does_not_wait_for_readers() {
        let limits = Limits {
            connections: 1,
            wait: short(100),
            ..Limits::default()
        };
        let fixture = Fixture::new(limits).await;
        let reader = fixture.database.connect();
        run(&reader, "BEGIN").await.unwrap();
        run(&reader, "SELECT * FROM notes").await.unwrap();
        fixture
            .run("INSERT INTO notes (text) VALUES ('a')")
            .await
            .unwrap();
        assert_eq!(integer(&reader, "SELECT count(*) FROM notes").await, 0);
    }

    #[tokio::test]
    async fn a_result_is_bounded_in_rows_and_in_bytes() {
        let limits = Limits {
            result_rows: 10,
            result_bytes: 10_000,
            ..Limits::default()
        };
        let fixture = Fixture::new(limits).await;
        let rows = |count| {
            format!(
                "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {count}) SELECT * FROM t"
            )
        };
        assert_eq!(fixture.run(&rows(10)).await.unwrap().rows.len(), 10);
        assert!(matches!(
            fixture.run(&rows(11)).await,
            Err(Error::TooLarge(_))
        ));
        assert!(fixture.run("SELECT zeroblob(9000)").await.is_ok());
        assert!(matches!(
            fixture.run("SELECT zeroblob(10000)").await,
            Err(Error::TooLarge(_))
        ));
        assert!(fixture.run("SELECT zeroblob(1 << 30)").await.is_err());
    }

    #[tokio::test]
    async fn a_database_grows_to_its_size_and_no_further() {
        let fixture = Fixture::new(Limits {
            database_bytes: 1 << 20,
            ..Limits::default()
        })
        .await;
        let insert = "INSERT INTO notes (text) VALUES (hex(randomblob(100000)))";
        let mut error = None;
        for _ in 0..10 {
            error = error.or(fixture.run(insert).await.err());
        }
        assert_eq!(error, Some(Error::Full));
        fixture.run("DELETE FROM notes").await.unwrap();
        fixture.run(insert).await.unwrap();
    }
}

mod authority {
    use super::*;

    #[tokio::test]
    async fn what_reaches_beyond_the_database_or_changes_the_connection_is_refused() {
        let fixture = Fixture::new(Limits::default()).await;
        let other = fixture.folder.path().join("other.db");
        let other = other.display();
        let statements = [
            format!("ATTACH '{other}' AS other"),
            "ATTACH ':memory:' AS other".to_owned(),
            "DETACH main".to_owned(),
            "VACUUM".to_owned(),
            format!("VACUUM INTO '{other}'"),
            "PRAGMA journal_mode = DELETE".to_owned(),
            "pragma MAIN.Synchronous = OFF".to_owned(),
            "PRAGMA writable_schema = ON".to_owned(),
            "PRAGMA trusted_schema = ON".to_owned(),
            "PRAGMA temp_store_directory = '/'".to_owned(),
            "PRAGMA temp_store = MEMORY".to_owned(),
            "PRAGMA mmap_size = 1000000000".to_owned(),
            "PRAGMA cache_size = 1000000".to_owned(),
            "PRAGMA max_page_count = 4000000000".to_owned(),
            "PRAGMA busy_timeout = 0".to_owned(),
            "PRAGMA wal_checkpoint(TRUNCATE)".to_owned(),
            "PRAGMA locking_mode = EXCLUSIVE".to_owned(),
            "PRAGMA query_only = ON".to_owned(),
            "PRAGMA recursive_triggers = ON".to_owned(),
            "PRAGMA hard_heap_limit = 1".to_owned(),
            "PRAGMA database_list".to_owned(),
            "SELECT * FROM pragma_database_list".to_owned(),
            "CREATE TEMP TABLE t (a)".to_owned(),
            "CREATE TEMP VIEW v AS SELECT 1".to_owned(),
            "SELECT load_extension('x')".to_owned(),
            "SELECT total_changes()".to_owned(),
            "CREATE VIRTUAL TABLE t USING dbstat".to_owned(),
        ];
        for sql in &statements {
            let error = fixture.run(sql).await.expect_err(sql);
            let refused =
                matches!(&error, Error::Refused(_)) || error.to_string().contains("not authorized");
            assert!(refused, "{sql}: {error}");
        }
        assert!(!fixture.folder.path().join("other.db").exists());
    }

    #[tokio::test]
    async fn the_schema_cannot_be_forged() {
        let fixture = Fixture::new(Limits::default()).await;
        assert!(
            fixture
                .run("UPDATE sqlite_schema SET sql = 'x'")
                .await
                .is_err()
        );
        assert!(fixture.run("DELETE FROM sqlite_schema").await.is_err());
    }

    #[tokio::test]
    async fn a_refusal_names_what_is_refused() {
        let fixture = Fixture::new(Limits::default()).await;
        let error = fixture.run("PRAGMA synchronous = OFF").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "not authorized: PRAGMA synchronous cannot be given a value by a component"
        );
    }

    #[tokio::test]
    async fn the_schema_and_the_settings_can_be_read() {
        let fixture = Fixture::new(Limits::default()).await;
        let connection = fixture.database.connect();
        assert_eq!(
            value(&connection, "PRAGMA journal_mode").await,
            Value::Text("wal".to_owned())
        );
        const FULL: i64 = 2;
        assert_eq!(integer(&connection, "PRAGMA synchronous").await, FULL);
        assert_eq!(
            run(&connection, "PRAGMA table_info(notes)")
                .await
                .unwrap()
                .rows
                .len(),
            2
        );
        assert_eq!(
            integer(
                &connection,
                "SELECT count(*) FROM pragma_table_info('notes')"
            )
            .await,
            2
        );
        assert_eq!(
            value(&connection, "PRAGMA integrity_check").await,
            Value::Text("ok".to_owned())
        );
        run(&connection, "PRAGMA user_version = 3").await.unwrap();
        assert_eq!(integer(&connection, "PRAGMA user_version").await, 3);
        assert_eq!(
            integer(
                &connection,
                "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
            )
            .await,
            1
        );
    }

    #[tokio::test]
    async fn full_text_search_works() {
        let fixture = Fixture::new(Limits::default()).await;
        fixture
            .run("CREATE VIRTUAL TABLE texts USING fts5(text)")
            .await
            .unwrap();
        fixture
            .run("INSERT INTO texts VALUES ('warp and weft'), ('selvedge')")
            .await
            .unwrap();
        let found = integer(
            &fixture.database.connect(),
            "SELECT count(*) FROM texts('weft')",
        )
        .await;
        assert_eq!(found, 1);
        fixture.run("DROP TABLE texts").await.unwrap();
    }
}

mod closing {
    use super::*;

    #[tokio::test]
    async fn a_closed_database_is_one_whole_file() {
        let fixture = Fixture::new(Limits::default()).await;
        fixture
            .run("INSERT INTO notes (text) VALUES ('a')")
            .await
            .unwrap();
        fixture.count().await;
        let open = fixture.database.connect();
        run(&open, "BEGIN IMMEDIATE").await.unwrap();
        fixture.database.close();
        assert_eq!(fixture.run("SELECT 1").await, Err(Error::Closed));
        run(&open, "INSERT INTO notes (text) VALUES ('b')")
            .await
            .unwrap();
        run(&open, "COMMIT").await.unwrap();
        let log = PathBuf::from(format!("{}-wal", fixture.path().display()));
        assert!(!log.exists());
        let database = Database::open(&fixture.path(), Limits::default(), "").unwrap();
        assert_eq!(
            integer(&database.connect(), "SELECT count(*) FROM notes").await,
            2
        );
    }

    #[test]
    fn a_file_that_is_no_database_is_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("billing.db");
        std::fs::write(
            &path,
            "something else entirely, and long enough to be seen as such",
        )
        .unwrap();
        let error = Database::open(&path, Limits::default(), "").err().unwrap();
        let message = format!("{error:#}");
        assert!(
            message.contains("billing.db") && message.contains("not a database"),
            "{message}"
        );
    }
}
