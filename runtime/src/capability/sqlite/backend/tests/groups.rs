//! Writes that meet are committed together, and none of them can tell.

use std::fs;

use futures::future::join_all;

use super::*;

/// Bytes that one changed page takes in the write-ahead log.
const FRAME: u64 = 24 + 4096;

impl Fixture {
    fn log_bytes(&self) -> u64 {
        let mut path = self.path().into_os_string();
        path.push("-wal");
        fs::metadata(path).unwrap().len()
    }

    /// Runs the statements, each on a connection of its own, so that all of them wait when the turn to write comes.
    async fn meet(&self, statements: &[&str]) -> Vec<Result<Rows, Error>> {
        let holder = self.database.connect();
        run(&holder, "BEGIN IMMEDIATE").await.unwrap();
        let connections: Vec<_> = statements.iter().map(|_| self.database.connect()).collect();
        let mut writes: Vec<_> = connections
            .iter()
            .zip(statements)
            .map(|(connection, sql)| Box::pin(run(connection, sql)))
            .collect();
        for write in &mut writes {
            assert!(futures::poll!(write).is_pending());
        }
        run(&holder, "COMMIT").await.unwrap();
        join_all(writes).await
    }
}

#[tokio::test]
async fn writes_that_wait_for_their_turn_share_a_commit() {
    let fixture = Fixture::new(Limits::default()).await;
    let before = fixture.log_bytes();
    let results = fixture
        .meet(&["INSERT INTO notes (text) VALUES (hex(randomblob(8))) RETURNING id"; 20])
        .await;
    for (index, result) in results.into_iter().enumerate() {
        let id = i64::try_from(index).unwrap() + 1;
        assert_eq!(result.unwrap().rows, [[Value::Integer(id)]]);
    }
    assert_eq!(fixture.count().await, 20);
    // Each alone would have written the table's page and the index's.
    assert!(fixture.log_bytes() - before < 20 * FRAME);
}

#[tokio::test]
async fn whoever_fails_fails_alone() {
    let fixture = Fixture::new(Limits::default()).await;
    fixture
        .run("CREATE TABLE replies (note INTEGER REFERENCES notes DEFERRABLE INITIALLY DEFERRED) STRICT")
        .await
        .unwrap();
    for failing in [
        "INSERT INTO notes (text) VALUES ('a')",
        "INSERT OR ROLLBACK INTO notes (text) VALUES ('a')",
        "INSERT INTO replies (note) VALUES (404)",
        "INSERT INTO nowhere DEFAULT VALUES",
    ] {
        fixture.run("DELETE FROM notes").await.unwrap();
        let results = fixture
            .meet(&[
                "INSERT INTO notes (text) VALUES ('a')",
                failing,
                "INSERT INTO notes (text) VALUES ('b')",
            ])
            .await;
        let succeeded: Vec<_> = results.iter().map(Result::is_ok).collect();
        assert_eq!(succeeded, [true, false, true], "{failing}");
        assert_eq!(fixture.count().await, 2, "{failing}");
    }
}

#[tokio::test]
async fn a_statement_that_is_stopped_takes_no_other_with_it() {
    let fixture = Fixture::new(Limits {
        statement: short(50),
        ..Limits::default()
    })
    .await;
    let endless = format!("INSERT INTO notes (id) {ENDLESS}");
    let results = fixture
        .meet(&[
            "INSERT INTO notes (text) VALUES ('a')",
            &endless,
            "INSERT INTO notes (text) VALUES ('b')",
        ])
        .await;
    assert_eq!(results[1], Err(Error::Deadline(short(50))));
    assert_eq!(fixture.count().await, 2);
}

#[tokio::test]
async fn each_connection_remembers_its_own_changes() {
    let fixture = Fixture::new(Limits::default()).await;
    fixture
        .run("INSERT INTO notes (id, text) VALUES (1, 'a'), (2, 'b')")
        .await
        .unwrap();
    let holder = fixture.database.connect();
    run(&holder, "BEGIN IMMEDIATE").await.unwrap();
    let (one, two) = (fixture.database.connect(), fixture.database.connect());
    let mut insert = Box::pin(run(&one, "INSERT INTO notes (id, text) VALUES (7, 'c')"));
    let mut update = Box::pin(run(&two, "UPDATE notes SET text = text || '!'"));
    assert!(futures::poll!(&mut insert).is_pending());
    assert!(futures::poll!(&mut update).is_pending());
    run(&holder, "ROLLBACK").await.unwrap();
    let (inserted, updated) = tokio::join!(insert, update);
    inserted.unwrap();
    updated.unwrap();
    assert_eq!((one.last_insert_rowid().await, one.changes().await), (7, 1));
    assert_eq!((two.last_insert_rowid().await, two.changes().await), (0, 3));
}

#[tokio::test]
async fn a_long_read_leaves_the_thread_that_asked() {
    let fixture = Fixture::new(Limits {
        statement: short(200),
        ..Limits::default()
    })
    .await;
    // The first read opens the handle that the second one finds.
    fixture.count().await;
    let connection = fixture.database.connect();
    let mut read = Box::pin(run(&connection, ENDLESS));
    assert!(futures::poll!(&mut read).is_pending());
    assert_eq!(read.await, Err(Error::Deadline(short(200))));
}
