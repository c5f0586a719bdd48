//! Safe retries: a request that carries an `Idempotency-Key` takes effect once, however often it is
//! sent, and gets the same answer each time.
//!
//! First the key is claimed, in a transaction of its own, so that a second request with it knows that
//! one is under way. Then the effect and the answer are stored in one transaction. A crash between the
//! two leaves a claim without an effect, which another attempt may take over after
//! [`CLAIM_LASTS`]; from then on the first attempt can no longer store anything.

use std::time::Duration;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, request::Parts};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    FieldError, Problem, Result, Timestamp,
    extract::json_response,
    storage::{Connection, Database, Transaction, params},
};

/// How long an answer is kept.
pub const ANSWER_LASTS: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an attempt may take before another may take its place.
pub const CLAIM_LASTS: Duration = Duration::from_secs(60);
/// How many seconds to wait for an attempt under way.
const RETRY_AFTER: u32 = 1;
/// How many old answers one request clears away, so that none has to clear away many.
const PRUNE: u32 = 32;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The caller's name for a request: 1 to 255 visible ASCII characters. As an extractor it answers 400
/// where there is none; `Option<IdempotencyKey>` only where there is a bad one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_headers(headers: &HeaderMap) -> Result<Option<Self>> {
        let mut values = headers.get_all(HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let bytes = value.as_bytes();
        let fits = (1..=255).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        match value.to_str() {
            Ok(key) if fits && values.next().is_none() => Ok(Some(Self(key.to_owned()))),
            _ => Err(refused(
                "must be sent once, with 1 to 255 visible ASCII characters",
            )),
        }
    }
}

fn refused(message: &str) -> Problem {
    Problem::malformed(vec![FieldError::new(HEADER.as_str(), message)])
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Self::from_headers(&parts.headers)?.ok_or_else(|| refused("is missing"))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>> {
        Self::from_headers(&parts.headers)
    }
}

/// Runs `work` once for this key of this `scope` (a user's id), and stores its answer with its effect.
///
/// `fingerprint` is what was asked: method, path and body. The same key with another fingerprint is
/// 422, with an attempt under way 409. What `work` refuses is not stored: the key is free again.
pub fn run(
    database: &Database,
    scope: &str,
    key: &IdempotencyKey,
    fingerprint: &[u8],
    now: Timestamp,
    work: impl FnOnce(&Transaction) -> Result<(StatusCode, Value)>,
) -> Result<Response> {
    let attempt = Attempt {
        scope,
        key: key.as_str(),
        fingerprint: Sha256::digest(fingerprint).to_vec(),
        claim: uuid::Uuid::now_v7().to_string(),
        now,
    };
    let connection = database.connect()?;
    if !attempt.claim(connection)? {
        return attempt.replay(connection);
    }
    let stored = database.transaction(|transaction| {
        let (status, body) = work(transaction)?;
        let body = body.to_string();
        attempt.store(transaction, status, &body)?;
        attempt.prune(transaction)?;
        Ok((status, body))
    });
    match stored {
        Ok((status, body)) => Ok(answer(status, body)),
        Err(problem) => {
            // Where this fails too, the claim ends by itself.
            let _ = attempt.release(connection);
            Err(problem)
        }
    }
}

fn answer(status: StatusCode, body: String) -> Response {
    let mut response = json_response(body);
    *response.status_mut() = status;
    response
}

/// One request's try at its key.
struct Attempt<'a> {
    scope: &'a str,
    key: &'a str,
    fingerprint: Vec<u8>,
    claim: String,
    now: Timestamp,
}

#[derive(Deserialize)]
struct Earlier {
    fingerprint: Vec<u8>,
    status: Option<u16>,
    body: Option<String>,
}

impl Attempt<'_> {
    /// Takes the key, if it is free: never used, used too long ago, or claimed by an attempt that must
    /// be dead. A claim from the future is one from before the clock was set right.
    fn claim(&self, connection: &Connection) -> Result<bool> {
        let claimed = connection.execute(
            "INSERT INTO _idempotency_keys AS earlier (scope, key, fingerprint, claim, claimed_at)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (scope, key) DO UPDATE
             SET fingerprint = excluded.fingerprint, claim = excluded.claim,
                 claimed_at = excluded.claimed_at, status = NULL, body = NULL
             WHERE earlier.claimed_at <= ?6
                OR (earlier.status IS NULL AND earlier.fingerprint = excluded.fingerprint
                    AND (earlier.claimed_at <= ?7 OR earlier.claimed_at > ?8))",
            params![
                self.scope,
                self.key,
                self.fingerprint,
                self.claim,
                self.now,
                self.now.minus(ANSWER_LASTS),
                self.now.minus(CLAIM_LASTS),
                self.now.plus(CLAIM_LASTS),
            ],
        )?;
        Ok(claimed == 1)
    }

    /// Answers as the attempt that has the key did.
    fn replay(&self, connection: &Connection) -> Result<Response> {
        let earlier: Option<Earlier> = connection.query_one(
            "SELECT fingerprint, status, body FROM _idempotency_keys WHERE scope = ? AND key = ?",
            params![self.scope, self.key],
        )?;
        match earlier {
            Some(earlier) if earlier.fingerprint != self.fingerprint => {
                Err(Problem::unprocessable(
                    "This Idempotency-Key was sent with another request before. Use a new one.",
                ))
            }
            Some(Earlier {
                status: Some(status),
                body: Some(body),
                ..
            }) => {
                let status = StatusCode::from_u16(status).map_err(Problem::internal)?;
                let mut response = answer(status, body);
                response
                    .headers_mut()
                    .insert(REPLAYED, HeaderValue::from_static("true"));
                Ok(response)
            }
            // Or the attempt under way has just failed, and set the key free.
            _ => Err(in_flight()),
        }
    }

    /// Stores the answer, if the key is still this attempt's.
    fn store(&self, transaction: &Transaction, status: StatusCode, body: &str) -> Result<()> {
        let stored = transaction.execute(
            "UPDATE _idempotency_keys SET status = ?, body = ?
             WHERE scope = ? AND key = ? AND claim = ? AND status IS NULL",
            params![status.as_u16(), body, self.scope, self.key, self.claim],
        )?;
        if stored == 1 {
            Ok(())
        } else {
            Err(in_flight())
        }
    }

    fn release(&self, connection: &Connection) -> Result<()> {
        connection.execute(
            "DELETE FROM _idempotency_keys
             WHERE scope = ? AND key = ? AND claim = ? AND status IS NULL",
            params![self.scope, self.key, self.claim],
        )?;
        Ok(())
    }

    fn prune(&self, transaction: &Transaction) -> Result<()> {
        transaction.execute(
            "DELETE FROM _idempotency_keys WHERE (scope, key) IN (
                 SELECT scope, key FROM _idempotency_keys
                 WHERE claimed_at <= ? ORDER BY claimed_at LIMIT ?)",
            params![self.now.minus(ANSWER_LASTS), PRUNE],
        )?;
        Ok(())
    }
}

fn in_flight() -> Problem {
    Problem::conflict("A request with this Idempotency-Key is under way. Try again shortly.")
        .with_retry_after(RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::json;

    use super::*;
    use crate::storage::{Migration, testing};

    const EFFECTS: &[Migration] = &[Migration {
        name: "0001_effects",
        sql: "CREATE TABLE effects (id INTEGER PRIMARY KEY) STRICT;",
    }];
    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn key() -> IdempotencyKey {
        IdempotencyKey("key-1".to_owned())
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

    #[test]
    fn a_key_is_1_to_255_visible_ascii_characters_sent_once() {
        let parse = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HEADER, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            IdempotencyKey::from_headers(&headers)
        };
        assert_eq!(parse(&[]).unwrap(), None);
        assert_eq!(parse(&["a-1"]).unwrap().unwrap().as_str(), "a-1");
        assert!(parse(&[&"k".repeat(255)]).is_ok());
        for values in [
            &[""][..],
            &["a b"],
            &["é"],
            &["a", "b"],
            &[&"k".repeat(256)],
        ] {
            assert_eq!(parse(values).unwrap_err().status(), StatusCode::BAD_REQUEST);
        }
    }
}
