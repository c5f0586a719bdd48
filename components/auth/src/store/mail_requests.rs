//! How often mail was asked for. It keeps mailboxes from being filled, and codes from being asked for
//! until one is guessed.

use std::time::Duration;

use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

use crate::random::{self, Hash};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const EACH_HOUR: u32 = 5;
const EACH_DAY: u32 = 20;
/// To whomever they invite, from one person.
const INVITATIONS_EACH_DAY: u32 = 100;

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

/// Notes that an invitation is to be mailed. False where it was already, or where whoever invites has had so many mailed
/// lately that no more should be: whoever is signed in must not get to fill the mailboxes of strangers.
pub fn note_invitation(
    connection: &Connection,
    invitation: &str,
    inviter: UserId,
    now: Timestamp,
) -> Result<bool, Error> {
    // No address has a space.
    let known = [
        format!("invitation {invitation}"),
        format!("inviter {inviter}"),
    ]
    .map(|text| random::hash(&text));
    let counts: Option<(u32, u32)> = connection.query_one(
        "SELECT coalesce(sum(address_hash = ?1), 0), coalesce(sum(address_hash = ?2), 0) FROM mail_requests
         WHERE address_hash IN (?1, ?2) AND at > ?3",
        params![known[0], known[1], now.minus(DAY)],
    )?;
    let (same, by_inviter) = counts.unwrap_or_default();
    let is_fine = same == 0 && by_inviter < INVITATIONS_EACH_DAY;
    if is_fine {
        connection.execute(
            "INSERT INTO mail_requests (address_hash, at) VALUES (?1, ?3), (?2, ?3)",
            params![known[0], known[1], now],
        )?;
    }
    Ok(is_fine)
}
