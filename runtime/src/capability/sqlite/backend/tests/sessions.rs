//! What SQLite remembers about a connection stays with the logical one, whichever handle its statements run on.

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
