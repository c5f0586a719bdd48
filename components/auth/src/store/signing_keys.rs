//! The keys that vouch for tokens.

use serde::Deserialize;
use shared::Timestamp;
use shared::storage::{Connection, Error, params};

/// A key, as it is stored.
#[derive(Debug, Clone, Deserialize)]
pub struct StoredKey {
    /// Its thumbprint.
    pub id: String,
    /// As tokens name it.
    pub algorithm: String,
    /// Sealed.
    pub secret: Vec<u8>,
    /// As a JSON Web Key. Empty where the key is from before these were stored.
    pub public: String,
    /// Until the next one does.
    pub signs_from: Timestamp,
}

/// Every key there is, in the order in which they sign.
pub fn all(connection: &Connection) -> Result<Vec<StoredKey>, Error> {
    connection.query(
        "SELECT id, algorithm, secret, public, signs_from FROM signing_keys ORDER BY signs_from",
        params![],
    )
}

/// Adds a key.
pub fn add(connection: &Connection, key: &StoredKey) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO signing_keys (id, algorithm, secret, public, signs_from) VALUES (?, ?, ?, ?, ?)",
        params![
            key.id,
            key.algorithm,
            key.secret,
            key.public,
            key.signs_from
        ],
    )?;
    Ok(())
}

/// Forgets a key: its tokens are good no more.
pub fn remove(connection: &Connection, id: &str) -> Result<(), Error> {
    connection.execute("DELETE FROM signing_keys WHERE id = ?", params![id])?;
    Ok(())
}
