//! The database's own guarantees: what the schema refuses, whatever the code above it does.

use rusqlite::{Connection, params};

const MIGRATIONS: [&str; 4] = [
    include_str!("../migrations/0001_accounts.sql"),
    include_str!("../migrations/0002_sessions.sql"),
    include_str!("../migrations/0003_signing_keys.sql"),
    include_str!("../migrations/0004_audit.sql"),
];

/// A migrated database in memory in which Ada has an account and a session.
fn database() -> Connection {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch("PRAGMA foreign_keys = ON")
        .expect("foreign keys");
    for migration in MIGRATIONS {
        db.execute_batch(migration).expect("a migration");
    }
    account(&db, "usr_1", "Ada@example.com", "$argon2id$v=19$…").expect("an account");
    db.execute(
        "INSERT INTO sessions (id, account_id, created_at, last_used_at, expires_at)
         VALUES ('ses_1', 'usr_1', 1, 1, 2)",
        [],
    )
    .expect("a session");
    db
}

fn account(db: &Connection, id: &str, email: &str, hash: &str) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO accounts (id, email, password_hash, created_at) VALUES (?, ?, ?, 1)",
        params![id, email, hash],
    )
}

fn token(db: &Connection, hash: &[u8], rotated_at: Option<i64>) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO refresh_tokens (hash, session_id, created_at, rotated_at)
         VALUES (?, 'ses_1', 1, ?)",
        params![hash, rotated_at],
    )
}

fn key(db: &Connection, id: &str, current: Option<i64>) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO signing_keys (id, seed, current, created_at) VALUES (?, zeroblob(32), ?, 1)
         ON CONFLICT DO NOTHING",
        params![id, current],
    )
}

#[test]
fn an_address_has_one_account_whatever_its_case() {
    let db = database();
    assert!(account(&db, "usr_2", "aDA@EXAMPLE.com", "$argon2id$v=19$…").is_err());
    let found: String = db
        .query_row(
            "SELECT id FROM accounts WHERE email = 'ada@example.com'",
            [],
            |row| row.get(0),
        )
        .expect("the account");
    assert_eq!(found, "usr_1");
}

#[test]
fn a_password_is_not_stored_in_the_clear() {
    assert!(account(&database(), "usr_2", "eve@example.com", "hunter2").is_err());
}

#[test]
fn a_session_has_one_good_refresh_token_and_any_number_of_used_ones() {
    let db = database();
    assert!(token(&db, &[1; 32], Some(1)).is_ok());
    assert!(token(&db, &[2; 32], Some(1)).is_ok());
    assert!(token(&db, &[3; 32], None).is_ok());
    assert!(token(&db, &[4; 32], None).is_err());
}

#[test]
fn a_refresh_token_is_stored_as_its_hash() {
    assert!(token(&database(), b"rt_in_the_clear", None).is_err());
}

#[test]
fn a_session_that_ends_takes_its_tokens_with_it() {
    let db = database();
    token(&db, &[1; 32], None).expect("a token");
    db.execute("DELETE FROM sessions", []).expect("the end");
    let left: i64 = db
        .query_row("SELECT count(*) FROM refresh_tokens", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(left, 0);
}

#[test]
fn of_two_keys_that_would_sign_the_first_does() {
    let db = database();
    assert_eq!(key(&db, "first", Some(1)), Ok(1));
    assert_eq!(key(&db, "second", Some(1)), Ok(0));
    assert_eq!(key(&db, "old", None), Ok(1));
    assert_eq!(key(&db, "older", None), Ok(1));
}

#[test]
fn the_audit_is_append_only() {
    let db = database();
    db.execute("INSERT INTO audit (at, event) VALUES (1, 'sign-up')", [])
        .expect("an event");
    assert!(db.execute("UPDATE audit SET at = 2", []).is_err());
    assert!(db.execute("DELETE FROM audit", []).is_err());
    assert!(
        db.execute("INSERT INTO audit (at, event) VALUES (1, 'made up')", [])
            .is_err()
    );
}
