//! Safe retries against a real SQLite.

use http_body_util::BodyExt;
use serde_json::json;

use super::*;
use crate::{
    Problem,
    storage::{Migration, params, testing},
};

const EFFECTS: &[Migration] = &[Migration {
    name: "0001_effects",
    sql: "CREATE TABLE effects (id INTEGER PRIMARY KEY) STRICT;",
}];
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn key() -> IdempotencyKey {
    IdempotencyKey::from("key-1")
}

fn effect(transaction: &Transaction) -> Result<(StatusCode, Value)> {
    transaction.execute("INSERT INTO effects DEFAULT VALUES", params![])?;
    let id = transaction.last_insert_rowid();
    Ok((StatusCode::CREATED, json!({"id": id, "b": 1, "a": 2})))
}

fn effects(database: &Database) -> i64 {
    let count = database.connect().unwrap();
    count
        .query_one("SELECT count(*) FROM effects", params![])
        .unwrap()
        .unwrap()
}

async fn text(response: Response) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn the_same_request_again_takes_no_effect_and_gets_the_same_answer() {
    let database = testing::database(EFFECTS);
    let first = run(&database, "usr_1", &key(), b"body", NOW, effect).unwrap();
    assert_eq!(first.status(), StatusCode::CREATED);
    assert!(!first.headers().contains_key(REPLAYED));
    let again = run(&database, "usr_1", &key(), b"body", NOW, effect).unwrap();
    assert_eq!(again.status(), StatusCode::CREATED);
    assert_eq!(again.headers()[REPLAYED], "true");
    assert_eq!(again.headers()["content-type"], "application/json");
    assert_eq!(text(first).await, text(again).await);
    assert_eq!(effects(&database), 1);
}

#[test]
fn another_request_with_the_same_key_is_refused() {
    let database = testing::database(EFFECTS);
    run(&database, "usr_1", &key(), b"body", NOW, effect).unwrap();
    let problem = run(&database, "usr_1", &key(), b"other", NOW, effect).unwrap_err();
    assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(effects(&database), 1);
}

#[test]
fn a_key_belongs_to_its_scope() {
    let database = testing::database(EFFECTS);
    run(&database, "usr_1", &key(), b"body", NOW, effect).unwrap();
    run(&database, "usr_2", &key(), b"other", NOW, effect).unwrap();
    assert_eq!(effects(&database), 2);
}

#[test]
fn a_refusal_undoes_the_effect_and_frees_the_key() {
    let database = testing::database(EFFECTS);
    let refused = run(&database, "usr_1", &key(), b"body", NOW, |transaction| {
        effect(transaction)?;
        Err(Problem::conflict("No."))
    });
    assert_eq!(refused.unwrap_err().detail(), "No.");
    assert_eq!(effects(&database), 0);
    run(&database, "usr_1", &key(), b"other", NOW, effect).unwrap();
    assert_eq!(effects(&database), 1);
}

fn claim_by_a_crashed_attempt(database: &Database, fingerprint: &[u8]) {
    let attempt = Attempt {
        scope: "usr_1",
        key: "key-1",
        fingerprint: Sha256::digest(fingerprint).to_vec(),
        claim: "crashed".to_owned(),
        now: NOW,
    };
    assert!(attempt.claim(database.connect().unwrap()).unwrap());
}

#[test]
fn while_an_attempt_is_under_way_another_is_told_to_wait() {
    let database = testing::database(EFFECTS);
    claim_by_a_crashed_attempt(&database, b"body");
    let problem = run(&database, "usr_1", &key(), b"body", NOW, effect).unwrap_err();
    assert_eq!(problem.status(), StatusCode::CONFLICT);
    assert_eq!(effects(&database), 0);
}

#[test]
fn a_crashed_attempt_is_taken_over_after_a_minute_by_the_same_request_only() {
    let database = testing::database(EFFECTS);
    claim_by_a_crashed_attempt(&database, b"body");
    let later = NOW.plus(CLAIM_LASTS);
    let problem = run(&database, "usr_1", &key(), b"other", later, effect).unwrap_err();
    assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY);
    run(&database, "usr_1", &key(), b"body", later, effect).unwrap();
    assert_eq!(effects(&database), 1);
}

#[test]
fn a_claim_from_before_the_clock_was_set_back_does_not_block_for_long() {
    let database = testing::database(EFFECTS);
    claim_by_a_crashed_attempt(&database, b"body");
    let earlier = NOW.minus(CLAIM_LASTS * 2);
    run(&database, "usr_1", &key(), b"body", earlier, effect).unwrap();
    assert_eq!(effects(&database), 1);
}

#[test]
fn an_attempt_that_was_taken_over_can_store_nothing() {
    let database = testing::database(EFFECTS);
    let other = testing::again(&database);
    let slow = run(&database, "usr_1", &key(), b"body", NOW, |transaction| {
        // Another attempt took the key while this one slept before its first write.
        transaction.execute("UPDATE _idempotency_keys SET claim = 'other'", params![])?;
        effect(transaction)
    });
    assert_eq!(slow.unwrap_err().status(), StatusCode::CONFLICT);
    assert_eq!(effects(&other), 0);
}

#[test]
fn a_day_later_the_key_is_new_and_the_old_answers_are_gone() {
    let database = testing::database(EFFECTS);
    run(&database, "usr_1", &key(), b"body", NOW, effect).unwrap();
    run(&database, "usr_2", &key(), b"body", NOW, effect).unwrap();
    let tomorrow = NOW.plus(ANSWER_LASTS);
    run(&database, "usr_1", &key(), b"other", tomorrow, effect).unwrap();
    assert_eq!(effects(&database), 3);
    let kept: i64 = database
        .connect()
        .unwrap()
        .query_one("SELECT count(*) FROM _idempotency_keys", params![])
        .unwrap()
        .unwrap();
    assert_eq!(kept, 1);
}

#[test]
fn one_of_many_at_once_takes_effect() {
    let database = testing::database(EFFECTS);
    database.connect().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let own = testing::again(&database);
                match run(&own, "usr_1", &key(), b"body", NOW, effect) {
                    Ok(response) => assert_eq!(response.status(), StatusCode::CREATED),
                    Err(problem) => assert_eq!(problem.status(), StatusCode::CONFLICT),
                }
            });
        }
    });
    assert_eq!(effects(&database), 1);
}
