//! Profiles.

use shared::{
    Caller, Result, Timestamp, UserId,
    storage::{Connection, Error, params},
};

use super::DB;
use crate::profile::{Change, Profile};

/// The caller's profile: made on first sight, and with the address that the token has by now.
pub fn see(caller: &Caller, now: Timestamp) -> Result<Profile> {
    // Nearly always there is nothing to write, and a read waits for nobody.
    if let Some(profile) = find(caller.user)?
        && (caller.email.is_none() || caller.email == profile.email)
    {
        return Ok(profile);
    }
    let seen = DB.connect()?.query_one(
        "INSERT INTO profiles (id, email, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT (id) DO UPDATE
         SET email = coalesce(excluded.email, email), version = version + 1,
             updated_at = excluded.updated_at
         RETURNING id, email, name, locale, version, created_at, updated_at",
        params![caller.user, caller.email, now],
    )?;
    seen.ok_or_else(|| shared::Problem::internal(anyhow::anyhow!("an upsert returned no row")))
}

/// The profile of a user who has come by.
pub fn find(id: UserId) -> Result<Option<Profile>> {
    Ok(DB.connect()?.query_one(
        "SELECT id, email, name, locale, version, created_at, updated_at
         FROM profiles WHERE id = ?",
        params![id],
    )?)
}

/// Up to `count` profiles after the one with this id, or from the first.
pub fn list(after: Option<UserId>, count: u32) -> Result<Vec<Profile>> {
    Ok(DB.connect()?.query(
        "SELECT id, email, name, locale, version, created_at, updated_at
         FROM profiles WHERE id > coalesce(?, '') ORDER BY id LIMIT ?",
        params![after, count],
    )?)
}

/// Changes a profile, if it is at this version or none is asked for. None if it is not.
pub fn change(
    id: UserId,
    change: &Change,
    version: Option<i64>,
    now: Timestamp,
) -> Result<Option<Profile>> {
    Ok(DB.connect()?.query_one(
        "UPDATE profiles
         SET name = CASE WHEN ?2 THEN ?3 ELSE name END,
             locale = CASE WHEN ?4 THEN ?5 ELSE locale END,
             version = version + 1, updated_at = ?6
         WHERE id = ?1 AND version = coalesce(?7, version)
         RETURNING id, email, name, locale, version, created_at, updated_at",
        params![
            id,
            change.name.is_some(),
            change.name.as_ref().and_then(Option::as_ref),
            change.locale.is_some(),
            change.locale.as_ref().and_then(Option::as_ref),
            now,
            version,
        ],
    )?)
}

/// Removes a profile, if it is there.
pub fn delete(tx: &Connection, id: UserId) -> Result<(), Error> {
    tx.execute("DELETE FROM profiles WHERE id = ?", params![id])?;
    Ok(())
}
