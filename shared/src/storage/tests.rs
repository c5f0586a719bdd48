//! The storage layer against a real SQLite.

use std::panic::AssertUnwindSafe;

use super::{Database, Error, Kind, Migration, params, testing};
use crate::Problem;

const NOTES: &[Migration] = &[Migration {
    name: "0001_notes",
    sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
          CREATE TABLE replies (note INTEGER NOT NULL REFERENCES notes (id)) STRICT;",
}];

fn count(database: &Database) -> i64 {
    let count = database
        .connect()
        .unwrap()
        .query_one("SELECT count(*) FROM notes", params![]);
    count.unwrap().unwrap()
}

#[test]
fn a_statement_says_how_many_rows_it_touched() {
    let database = testing::database(NOTES);
    let connection = database.connect().unwrap();
    let sql = "INSERT INTO notes (text) VALUES (?), (?)";
    assert_eq!(
        connection
            .execute(sql, params!["a", String::from("b")])
            .unwrap(),
        2
    );
    assert_eq!(connection.last_insert_rowid(), 2);
    let texts: Vec<String> = connection
        .query("SELECT text FROM notes ORDER BY id", params![])
        .unwrap();
    assert_eq!(texts, ["a", "b"]);
    let none: Option<i64> = connection
        .query_one("SELECT id FROM notes WHERE text = ?", params!["c"])
        .unwrap();
    assert_eq!(none, None);
}

#[test]
fn a_taken_key_is_told_apart_from_other_failures() {
    let database = testing::database(NOTES);
    let connection = database.connect().unwrap();
    let insert = |text| connection.execute("INSERT INTO notes (text) VALUES (?)", params![text]);
    insert("a").unwrap();
    assert!(insert("a").unwrap_err().is_unique_violation());
    let error = connection
        .execute("INSERT INTO nowhere VALUES (1)", params![])
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Other);
}

#[test]
fn foreign_keys_are_on_in_every_connection() {
    let database = testing::database(NOTES);
    let orphan = "INSERT INTO replies (note) VALUES (7)";
    assert!(
        database
            .connect()
            .unwrap()
            .execute(orphan, params![])
            .is_err()
    );
    let in_transaction = database.transaction(|tx| tx.execute(orphan, params![]));
    assert!(in_transaction.is_err());
}

#[test]
fn a_transaction_stores_all_or_nothing() {
    let database = testing::database(NOTES);
    let insert = "INSERT INTO notes (text) VALUES (?)";
    let failed: Result<(), Problem> = database.transaction(|tx| {
        tx.execute(insert, params!["a"])?;
        Err(Problem::conflict("No."))
    });
    assert!(failed.is_err());
    assert_eq!(count(&database), 0);

    let panicked = std::panic::catch_unwind(AssertUnwindSafe(|| {
        database.transaction::<(), Error>(|tx| {
            tx.execute(insert, params!["a"])?;
            panic!("in the middle")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(count(&database), 0);

    database
        .transaction(|tx| tx.execute(insert, params!["a"]))
        .unwrap();
    assert_eq!(count(&database), 1);
}

#[test]
fn a_lock_held_elsewhere_is_busy_and_a_503() {
    let database = testing::database(NOTES);
    let busy = database.transaction::<_, Error>(|_| {
        let other = testing::again(&database);
        other.connect()?.run("PRAGMA busy_timeout = 0", &[])?;
        Ok(other
            .connect()?
            .execute("INSERT INTO notes (text) VALUES ('b')", params![]))
    });
    let error = busy.unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Busy);
    assert_eq!(Problem::from(error).status(), 503);
}

#[test]
fn migrations_run_once_and_new_ones_follow() {
    const MORE: &[Migration] = &[
        NOTES[0],
        Migration {
            name: "0002_first_note",
            sql: "INSERT INTO notes (text) VALUES ('first');",
        },
    ];
    let database = testing::database(NOTES);
    assert_eq!(count(&database), 0);
    for _ in 0..2 {
        assert_eq!(count(&testing::same_database(database.label, MORE)), 1);
    }
    // The older release still runs.
    assert_eq!(count(&testing::again(&database)), 1);
}

#[test]
fn an_edited_migration_is_refused() {
    const EDITED: &[Migration] = &[Migration {
        name: "0001_notes",
        sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT;",
    }];
    let database = testing::database(NOTES);
    database.connect().unwrap();
    let error = testing::same_database(database.label, EDITED)
        .connect()
        .err()
        .unwrap();
    assert!(error.to_string().contains("0001_notes"), "{error}");
}

#[test]
fn a_migration_that_fails_leaves_nothing_behind() {
    const BROKEN: &[Migration] = &[
        NOTES[0],
        Migration {
            name: "0002_broken",
            sql: "INSERT INTO notes (text) VALUES ('x'); INSERT INTO nowhere VALUES (1);",
        },
    ];
    let broken = testing::database(BROKEN);
    assert!(broken.connect().is_err());
    assert!(broken.connect().is_err());
    assert_eq!(count(&testing::same_database(broken.label, NOTES)), 0);
}

#[test]
fn instances_that_start_together_migrate_once() {
    let database = testing::database(NOTES);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| testing::again(&database).connect().map(|_| ()).unwrap());
        }
    });
    let applied: i64 = database
        .connect()
        .unwrap()
        .query_one("SELECT count(*) FROM _migrations", params![])
        .unwrap()
        .unwrap();
    assert_eq!(applied, 2);
}
