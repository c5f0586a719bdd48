//! The database's own guarantees: what the schema refuses, whatever the code above it does.

use rusqlite::{Connection, params};

/// All of them, in the order of their names, which is that in which they run.
fn migrations() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let read = |path| std::fs::read_to_string(path).expect("a migration");
    paths.iter().map(read).collect()
}

/// A migrated database in memory in which Ada has an account and a session.
fn database() -> Connection {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch("PRAGMA foreign_keys = ON")
        .expect("foreign keys");
    for migration in migrations() {
        db.execute_batch(&migration).expect("a migration");
    }
    account(&db, "usr_1", "Ada@example.com").expect("an account");
    db.execute(
        "INSERT INTO sessions (id, account_id, created_at, last_used_at, expires_at)
         VALUES ('ses_1', 'usr_1', 1, 1, 2)",
        [],
    )
    .expect("a session");
    db
}

fn account(db: &Connection, id: &str, email: &str) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO accounts (id, email, created_at) VALUES (?, ?, 1)",
        params![id, email],
    )
}

fn password(db: &Connection, hash: &str) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO passwords (account_id, hash, changed_at) VALUES ('usr_1', ?, 1)",
        params![hash],
    )
}

fn entry(db: &Connection, event: &str) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO audit_log (at, event, seal) VALUES (1, ?, zeroblob(32))",
        params![event],
    )
}

fn token(db: &Connection, hash: &[u8]) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES (?, 'ses_1', 1)",
        params![hash],
    )
}

fn key(db: &Connection, id: &str, signs_from: i64) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO signing_keys (id, algorithm, secret, public, signs_from)
         VALUES (?, 'EdDSA', zeroblob(33), '{}', ?)",
        params![id, signs_from],
    )
}

#[test]
fn an_address_has_one_account_whatever_its_case() {
    let db = database();
    assert!(account(&db, "usr_2", "aDA@EXAMPLE.com").is_err());
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
    let db = database();
    assert!(password(&db, "hunter2").is_err());
    assert_eq!(password(&db, "$argon2id$v=19$…"), Ok(1));
}

#[test]
fn a_refresh_token_is_stored_as_its_hash() {
    assert!(token(&database(), b"rt_in_the_clear").is_err());
}

#[test]
fn a_session_that_ends_takes_its_tokens_with_it() {
    let db = database();
    token(&db, &[1; 32]).expect("a token");
    db.execute("DELETE FROM sessions", []).expect("the end");
    let left: i64 = db
        .query_row("SELECT count(*) FROM refresh_tokens", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(left, 0);
}

#[test]
fn no_two_keys_sign_from_the_same_time_on() {
    let db = database();
    assert_eq!(key(&db, "first", 1), Ok(1));
    assert!(key(&db, "second", 1).is_err());
    assert_eq!(key(&db, "second", 2), Ok(1));
}

#[test]
fn keys_from_before_there_were_turns_sign_on_in_their_order() {
    let db = Connection::open_in_memory().expect("a database");
    for migration in &migrations()[..3] {
        db.execute_batch(migration).expect("a migration");
    }
    let seeds: [[u8; 32]; 2] = [[0; 32], [7; 32]];
    for (id, seed, current) in [("old", seeds[0], None), ("current", seeds[1], Some(1))] {
        db.execute(
            "INSERT INTO signing_keys (id, seed, current, created_at) VALUES (?, ?, ?, 1)",
            params![id, seed, current],
        )
        .expect("a key");
    }
    for migration in &migrations()[3..] {
        db.execute_batch(migration).expect("a migration");
    }
    let mut keys = db
        .prepare("SELECT id, secret FROM signing_keys ORDER BY signs_from")
        .expect("a statement");
    let keys: Vec<(String, Vec<u8>)> = keys
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .expect("keys");
    let sealed = |seed: &[u8]| [&[0], seed].concat();
    assert_eq!(
        keys,
        [
            ("old".to_owned(), sealed(&seeds[0])),
            ("current".to_owned(), sealed(&seeds[1]))
        ]
    );
}

#[test]
fn the_audit_is_append_only() {
    let db = database();
    entry(&db, "sign-up").expect("an entry");
    assert!(db.execute("UPDATE audit_log SET at = 2", []).is_err());
    assert!(db.execute("DELETE FROM audit_log", []).is_err());
    assert!(entry(&db, "").is_err());
}

#[test]
fn what_was_stored_before_a_migration_is_there_after_it() {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch("PRAGMA foreign_keys = ON")
        .expect("foreign keys");
    let migrations = migrations();
    let (first, later) = migrations.split_at(4);
    first
        .iter()
        .for_each(|sql| db.execute_batch(sql).expect("a migration"));
    db.execute_batch(
        "INSERT INTO accounts VALUES ('usr_1', 'ada@example.com', 'Ada', '$argon2id$x', 5);
         INSERT INTO sessions VALUES ('ses_1', 'usr_1', NULL, NULL, 6, 7, 8);
         INSERT INTO audit (at, event, actor, subject) VALUES (5, 'sign-up', 'usr_1', 'usr_1');
         INSERT INTO audit (at, event, actor, subject) VALUES (6, 'sign-in', 'usr_1', 'ses_1');",
    )
    .expect("rows");
    later
        .iter()
        .for_each(|sql| db.execute_batch(sql).expect("a migration"));
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = db.prepare(sql).expect("a statement");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<Result<_, _>>().expect("texts")
    };
    assert_eq!(
        texts("SELECT account_id || hash || changed_at FROM passwords"),
        ["usr_1$argon2id$x5"]
    );
    assert_eq!(
        texts("SELECT id || methods || authenticated_at FROM sessions"),
        ["ses_1pwd6"]
    );
    assert_eq!(
        texts("SELECT event || subject || ifnull(object, '') FROM audit_log ORDER BY id"),
        ["sign-upusr_1", "sign-inusr_1ses_1"]
    );
}

fn identity(db: &Connection, id: &str, account: &str, issuer: &str) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO identities (id, account_id, provider, issuer, subject, created_at, last_used_at)
         VALUES (?, ?, 'acme', ?, '1', 1, 1)",
        params![id, account, issuer],
    )
}

#[test]
fn somebody_at_a_provider_is_in_one_account_only() {
    let db = database();
    account(&db, "usr_2", "eve@example.com").expect("an account");
    assert_eq!(identity(&db, "idn_1", "usr_1", "https://a.example"), Ok(1));
    assert!(identity(&db, "idn_2", "usr_2", "https://a.example").is_err());
    assert_eq!(identity(&db, "idn_2", "usr_2", "https://b.example"), Ok(1));
}

#[test]
fn a_client_that_is_removed_takes_consents_with_it_and_a_code_begins_one_session() {
    let db = database();
    db.execute_batch(
        "INSERT INTO sessions (id, account_id, created_at, last_used_at, expires_at)
         VALUES ('ses_2', 'usr_1', 1, 1, 2);
         INSERT INTO oauth_clients (id, name, redirect_uris, scope, created_at, updated_at)
         VALUES ('cli_1', 'Invoices', '[]', 'openid', 1, 1);
         INSERT INTO oauth_consents VALUES ('usr_1', 'cli_1', 'openid', 1, 1);",
    )
    .expect("a client");
    let grant = |session: &str, code: &[u8]| {
        db.execute(
            "INSERT INTO oauth_grants VALUES (?, 'cli_1', 'openid', ?)",
            params![session, code],
        )
    };
    assert!(grant("ses_1", b"in the clear").is_err());
    assert_eq!(grant("ses_1", &[1; 32]), Ok(1));
    assert!(grant("ses_2", &[1; 32]).is_err());
    db.execute("DELETE FROM oauth_clients", [])
        .expect("the end");
    for table in ["oauth_consents", "oauth_grants"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let left: i64 = db.query_row(&sql, [], |row| row.get(0)).expect("a count");
        assert_eq!(left, 0, "{table}");
    }
}
