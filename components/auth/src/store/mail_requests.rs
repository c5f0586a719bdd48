//! How often mail was asked for. It keeps mailboxes from being filled, and codes from being asked for
//! until one is guessed.

use std::time::Duration;

use shared::Timestamp;
use shared::storage::{Connection, Error, params};

use crate::random::{self, Hash};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const EACH_HOUR: u32 = 5;
const EACH_DAY: u32 = 20;

/// Notes that mail to this address was asked for. False where that was so often lately that none should
/// be sent. It costs the same for every address, whether an account has it or not.
pub fn note(connection: &Connection, address: &str, now: Timestamp) -> Result<bool, Error> {
    note_by(
        connection,
        &random::hash(&address.to_ascii_lowercase()),
        now,
    )
}

/// As [`note`], counted by the token of a device that the account was signed in with: strangers who ask for mail until
/// there is none must not keep its owner from it there.
pub fn note_on(connection: &Connection, device: &Hash, now: Timestamp) -> Result<bool, Error> {
    note_by(connection, device, now)
}

fn note_by(connection: &Connection, hash: &Hash, now: Timestamp) -> Result<bool, Error> {
    connection.execute(
        "DELETE FROM mail_requests WHERE at <= ?",
        params![now.minus(DAY)],
    )?;
    let counts: Option<(u32, u32)> = connection.query_one(
        "SELECT count(*), coalesce(sum(at > ?), 0) FROM mail_requests WHERE address_hash = ?",
        params![now.minus(HOUR), hash],
    )?;
    let (day, hour) = counts.unwrap_or_default();
    let is_fine = day < EACH_DAY && hour < EACH_HOUR;
    if is_fine {
        connection.execute(
            "INSERT INTO mail_requests (address_hash, at) VALUES (?, ?)",
            params![hash, now],
        )?;
    }
    Ok(is_fine)
}
