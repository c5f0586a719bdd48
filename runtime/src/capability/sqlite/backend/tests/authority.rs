//! A statement reaches the one database it was sent to.

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
        "CREATE TABLE temp.t (a)".to_owned(),
        "CREATE VIEW temp.v AS SELECT 1".to_owned(),
        "CREATE TRIGGER temp.t AFTER INSERT ON main.notes BEGIN DELETE FROM notes; END".to_owned(),
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
