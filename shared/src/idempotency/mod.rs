//! Safe retries: a request that carries an `Idempotency-Key` takes effect once, however often it is
//! sent, and gets the same answer each time.
//!
//! First the key is claimed, in a transaction of its own, so that a second request with it knows that
//! one is under way. Then the effect and the answer are stored in one transaction. A crash between the
//! two leaves a claim without an effect, which another attempt may take over after
//! [`CLAIM_LASTS`]; from then on the first attempt can no longer store anything.

mod attempt;
mod key;

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    Result, Timestamp,
    extract::json_response,
    storage::{Database, Transaction},
};

pub use key::IdempotencyKey;

use attempt::{Answer, Attempt};

/// How long an answer is kept.
pub const ANSWER_LASTS: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an attempt may take before another may take its place.
pub const CLAIM_LASTS: Duration = Duration::from_secs(60);

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

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
        let mut response = attempt.replay(connection)?.into_response();
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
        return Ok(response);
    }
    let stored = database.transaction(|transaction| {
        let (status, body) = work(transaction)?;
        let body = body.to_string();
        let answer = Answer { status, body };
        attempt.store(transaction, &answer)?;
        attempt.prune(transaction)?;
        Ok(answer)
    });
    if stored.is_err() {
        // Where this fails too, the claim ends by itself.
        let _ = attempt.release(connection);
    }
    stored.map(IntoResponse::into_response)
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = json_response(self.body);
        *response.status_mut() = self.status;
        response
    }
}

#[cfg(test)]
mod tests;
