//! The keys that vouch for tokens.

use serde::Deserialize;
use shared::Timestamp;
use shared::storage::{Error, params};

use super::DB;

/// A key, as it is stored.
#[derive(Deserialize)]
pub struct StoredKey {
    pub id: String,
    pub seed: Vec<u8>,
}

/// The key that signs, if there is one yet.
pub fn current() -> Result<Option<StoredKey>, Error> {
    DB.connect()?.query_one(
        "SELECT id, seed FROM signing_keys WHERE current = 1",
        params![],
    )
}

/// Makes this the key that signs, unless there is one: whoever is first wins.
pub fn propose(id: &str, seed: &[u8; 32], now: Timestamp) -> Result<(), Error> {
    DB.connect()?.execute(
        "INSERT INTO signing_keys (id, seed, current, created_at) VALUES (?, ?, 1, ?)
         ON CONFLICT DO NOTHING",
        params![id, seed, now],
    )?;
    Ok(())
}

/// Every key whose tokens are good, newest first.
pub fn all() -> Result<Vec<StoredKey>, Error> {
    DB.connect()?.query(
        "SELECT id, seed FROM signing_keys ORDER BY created_at DESC",
        params![],
    )
}
