//! The `_idempotency_keys` table, and all SQL there is about it.

use http::StatusCode;
use serde::Deserialize;

use super::{ANSWER_LASTS, CLAIM_LASTS};
use crate::{
    Problem, Result, Timestamp,
    storage::{Connection, Transaction, params},
};

/// How many seconds to wait for an attempt under way.
const RETRY_AFTER: u32 = 1;
/// How many old answers one request clears away, so that none has to clear away many.
const PRUNE: u32 = 32;

/// One request's try at its key.
pub(super) struct Attempt<'a> {
    /// Whose key it is.
    pub scope: &'a str,
    pub key: &'a str,
    /// SHA-256 of what is asked.
    pub fingerprint: Vec<u8>,
    /// A name that no other attempt has.
    pub claim: String,
    pub now: Timestamp,
}

/// What a request was answered.
pub(super) struct Answer {
    pub status: StatusCode,
    /// JSON, kept as text, so that it is the same to the byte each time.
    pub body: String,
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
    pub fn claim(&self, connection: &Connection) -> Result<bool> {
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

    /// What the attempt that has the key answered.
    pub fn replay(&self, connection: &Connection) -> Result<Answer> {
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
            }) => Ok(Answer {
                status: StatusCode::from_u16(status).map_err(Problem::internal)?,
                body,
            }),
            // Or the attempt under way has just failed, and set the key free.
            _ => Err(in_flight()),
        }
    }

    /// Stores the answer, if the key is still this attempt's.
    pub fn store(&self, transaction: &Transaction, answer: &Answer) -> Result<()> {
        let stored = transaction.execute(
            "UPDATE _idempotency_keys SET status = ?, body = ?
             WHERE scope = ? AND key = ? AND claim = ? AND status IS NULL",
            params![
                answer.status.as_u16(),
                answer.body,
                self.scope,
                self.key,
                self.claim,
            ],
        )?;
        if stored == 1 {
            Ok(())
        } else {
            Err(in_flight())
        }
    }

    /// Frees the key, if it is still this attempt's and has no answer.
    pub fn release(&self, connection: &Connection) -> Result<()> {
        connection.execute(
            "DELETE FROM _idempotency_keys
             WHERE scope = ? AND key = ? AND claim = ? AND status IS NULL",
            params![self.scope, self.key, self.claim],
        )?;
        Ok(())
    }

    /// Clears away answers that nobody may ask for any more.
    pub fn prune(&self, transaction: &Transaction) -> Result<()> {
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
