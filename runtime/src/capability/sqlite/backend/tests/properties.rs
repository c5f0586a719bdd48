//! However a statement is dressed up: what may only read changes nothing, and what is refused stays refused.

use std::sync::Arc;

use proptest::prelude::*;
use rusqlite::OpenFlags;

use super::*;
use crate::capability::sqlite::backend::handle::{Handle, Memory};
use crate::capability::sqlite::backend::statement::{Attempt, Pace, Statement};

/// Statements that write, read, or seem to do one and do the other. A blank separates two tokens.
const STATEMENTS: &[&str] = &[
    "SELECT * FROM notes",
    "VALUES ( 1 )",
    "WITH t AS ( SELECT 1 ) SELECT * FROM t",
    "WITH t ( a , b ) AS ( VALUES ( 9 , 'x' ) ) INSERT INTO notes SELECT * FROM t",
    "WITH t ( a ) AS ( VALUES ( 1 ) ) DELETE FROM notes WHERE id IN t RETURNING id",
    "WITH t ( a ) AS ( VALUES ( 1 ) ) UPDATE notes SET text = 'y' WHERE id IN t",
    "EXPLAIN DELETE FROM notes",
    "EXPLAIN QUERY PLAN DELETE FROM notes",
    "INSERT INTO notes VALUES ( 7 , 'z' ) RETURNING *",
    "REPLACE INTO notes VALUES ( 1 , 'z' )",
    "DELETE FROM notes",
    "UPDATE notes SET text = NULL",
    "CREATE TABLE other ( a )",
    "CREATE TABLE other AS SELECT * FROM notes",
    "CREATE INDEX i ON notes ( text )",
    "CREATE VIEW v AS SELECT 1",
    "CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM notes ; END",
    "CREATE VIRTUAL TABLE f USING fts5 ( a )",
    "INSERT INTO texts ( texts ) VALUES ( 'optimize' )",
    "DROP TABLE notes",
    "ALTER TABLE notes RENAME TO other",
    "ALTER TABLE notes ADD COLUMN more",
    "REINDEX",
    "ANALYZE",
    "PRAGMA user_version",
    "PRAGMA user_version = 5",
    "PRAGMA user_version ( 5 )",
    "PRAGMA main . application_id = 5",
    "PRAGMA integrity_check",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA optimize",
    "PRAGMA incremental_vacuum",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "BEGIN EXCLUSIVE",
    "SAVEPOINT s",
    "COMMIT",
    "END",
    "ROLLBACK",
    "RELEASE s",
    "VACUUM",
    "SELECT 1 ; DELETE FROM notes",
    "; DELETE FROM notes",
];

/// Statements that no component may run, or that leave these settings as they were.
const REFUSED: &[&str] = &[
    "ATTACH 'other.db' AS other",
    "ATTACH DATABASE ':memory:' AS other",
    "DETACH main",
    "VACUUM",
    "VACUUM INTO 'other.db'",
    "VACUUM main INTO 'other.db'",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA journal_mode ( OFF )",
    "PRAGMA main . journal_mode = MEMORY",
    "PRAGMA \"synchronous\" = OFF",
    "PRAGMA [synchronous] = 0",
    "PRAGMA `main` . `synchronous` ( 0 )",
    "PRAGMA writable_schema = ON",
    "PRAGMA trusted_schema = 1",
    "PRAGMA max_page_count = 4000000000",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA wal_checkpoint",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA query_only = ON",
    "PRAGMA mmap_size = 1000000",
    "PRAGMA temp_store_directory = '/'",
    "PRAGMA database_list",
    "SELECT file FROM pragma_database_list",
    "SELECT * FROM pragma_wal_checkpoint",
    "CREATE TEMP TABLE t ( a )",
    "CREATE TEMPORARY VIEW v AS SELECT 1",
    "CREATE TABLE temp . t ( a )",
    "CREATE TABLE \"temp\" . t AS SELECT 1",
    "CREATE VIEW temp . v AS SELECT 1",
    "CREATE TRIGGER temp . t AFTER INSERT ON main . notes BEGIN DELETE FROM notes ; END",
    "CREATE VIRTUAL TABLE temp . f USING fts5 ( a )",
    "SELECT load_extension ( 'x' )",
    "CREATE VIRTUAL TABLE t USING dbstat",
    "UPDATE sqlite_schema SET sql = 'x'",
    "INSERT INTO main . sqlite_master VALUES ( 'table' , 'x' , 'x' , 0 , 'x' )",
];

/// What may stand before a statement, and between two of its tokens, without a change of meaning.
fn blank() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(
        &[
            " ",
            "\n",
            "\t\r\n",
            "/**/",
            "/* ; DELETE */",
            "/* -- */",
            "-- SELECT\n",
            "--\n",
            "\u{c} ",
        ][..],
    )
}

/// The statement in other letters, with other blanks, and perhaps something before and behind it.
fn dressed(statements: &'static [&'static str]) -> impl Strategy<Value = String> {
    let statement = proptest::sample::select(statements);
    let before = proptest::sample::select(
        &[
            "",
            "",
            "",
            ";",
            " ; ; ",
            "SELECT 1;",
            "EXPLAIN ",
            "\u{feff}",
        ][..],
    );
    let behind = proptest::sample::select(&["", ";", " ; -- x", ";SELECT 1", "/*", "\0", ";;"][..]);
    let blanks = proptest::collection::vec(blank(), 24);
    (statement, before, behind, blanks, any::<u64>()).prop_map(
        |(statement, before, behind, blanks, cases)| {
            let mut text = before.to_owned();
            for (index, token) in statement.split(' ').enumerate() {
                text += blanks[index % blanks.len()];
                let keep =
                    token.starts_with(['\'', '"', '[', '`']) || cases >> (index % 64) & 1 == 0;
                text += &if keep {
                    token.to_owned()
                } else {
                    token.to_ascii_lowercase()
                };
            }
            text + behind
        },
    )
}

/// Everything in the database that can be told from outside it, as a reader of the file sees it.
fn contents(fixture: &Fixture) -> Vec<String> {
    let database =
        rusqlite::Connection::open_with_flags(fixture.path(), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap();
    let mut contents = Vec::new();
    for sql in [
        "SELECT type || name || coalesce(sql, '') FROM sqlite_schema ORDER BY rowid",
        "SELECT id || coalesce(text, 'NULL') FROM notes ORDER BY id",
        "SELECT hex(block) FROM texts_data ORDER BY id",
        "SELECT user_version FROM pragma_user_version",
        "SELECT application_id FROM pragma_application_id",
    ] {
        let mut select = database.prepare(sql).unwrap();
        let rows = select
            .query_map([], |row| Ok(format!("{:?}", row.get_ref(0)?)))
            .unwrap();
        contents.extend(rows.map(Result::unwrap));
    }
    contents
}

fn on_a_runtime(
    test: impl Future<Output = Result<(), TestCaseError>>,
) -> Result<(), TestCaseError> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(test)
}

async fn filled() -> Fixture {
    let fixture = Fixture::new(Limits::default()).await;
    for sql in [
        "INSERT INTO notes VALUES (1, 'a'), (2, 'b')",
        "CREATE VIRTUAL TABLE texts USING fts5(a)",
        "INSERT INTO texts VALUES ('warp')",
    ] {
        fixture.run(sql).await.unwrap();
    }
    fixture
}

proptest! {
    // Each case opens files; a handful a run add up over runs.
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_the_turn_to_write_no_statement_changes_anything(
        statements in proptest::collection::vec(dressed(STATEMENTS), 1..8),
    ) {
        on_a_runtime(async {
            let fixture = filled().await;
            let before = contents(&fixture);
            let limits = Limits::default();
            let handle = Handle::open(&fixture.path(), &limits).unwrap();
            let mut memory = Memory::default();
            for sql in &statements {
                let statement = Statement { sql: sql.clone(), parameters: vec![] };
                for pace in [Pace::Brief, Pace::Free { may_write: false }] {
                    let attempt = statement.run(&handle, &mut memory, &limits, &Arc::default(), pace);
                    // Others on the same handle go on as if there had been no such statement.
                    if let Attempt::NeedsTurn | Attempt::NeedsThread = attempt {
                        prop_assert_eq!(&contents(&fixture), &before, "{:?} among {:?}", sql, &statements);
                    }
                }
            }
            prop_assert!(handle.roll_back());
            prop_assert_eq!(contents(&fixture), before, "{:?}", &statements);
            Ok(())
        })?;
    }

    #[test]
    fn what_is_refused_stays_refused_however_it_is_written(sql in dressed(REFUSED)) {
        on_a_runtime(async {
            let fixture = filled().await;
            let before = contents(&fixture);
            let connection = fixture.database.connect();
            let answer = run(&connection, &sql).await;
            // EXPLAIN lists the steps and takes none of them; it is refused where compiling is.
            let harmless = sql.starts_with("EXPLAIN") && contents(&fixture) == before;
            prop_assert!(answer.is_err() || harmless, "{:?}: {:?}", sql, answer);
            prop_assert_eq!(contents(&fixture), before, "{:?}", sql);
            for (setting, expected) in [
                ("PRAGMA journal_mode", Value::Text("wal".to_owned())),
                ("PRAGMA synchronous", Value::Integer(2)),
                ("PRAGMA trusted_schema", Value::Integer(0)),
            ] {
                prop_assert_eq!(value(&connection, setting).await, expected, "{} after {:?}", setting, sql);
            }
            for entry in std::fs::read_dir(fixture.folder.path()).unwrap() {
                let name = entry.unwrap().file_name();
                prop_assert!(name.to_string_lossy().starts_with("test.db"), "{:?} made {:?}", sql, name);
            }
            Ok(())
        })?;
    }

    #[test]
    fn any_text_is_run_or_refused(sql in any::<String>()) {
        on_a_runtime(async {
            let fixture = Fixture::new(Limits::default()).await;
            let _ = fixture.run(&sql).await;
            prop_assert_eq!(fixture.count().await, 0);
            Ok(())
        })?;
    }
}
