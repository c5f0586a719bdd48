//! Files are whole when they are closed, and named when they cannot be opened.

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
