//! The end of an account. Its owner asks for it, nobody is signed in from then on, and after a while in which
//! the owner can take it back by signing in it is removed for good, here and wherever the person is known.

use std::time::Duration;

use anyhow::anyhow;
use shared::storage::{Error, Transaction};
use shared::{Problem, Result, Timestamp, UserId, clock, variables};

use crate::account::Account;
use crate::mail::{self, Notice};
use crate::neighbour::{Erasure, Neighbour};
use crate::origin::Origin;
use crate::outbox::report;
use crate::store::audit::{self, Entry, Event};
use crate::store::outbox::{self, Kind};
use crate::store::{DB, deletions};

/// How many accounts are removed in passing; the next request goes on.
const BATCH: u32 = 8;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What may be configured, in days.
const GRACE: std::ops::RangeInclusive<u32> = 0..=365;

/// For how long the owner can take it back: the variable `deletion_grace_days`.
pub async fn grace() -> Result<Duration> {
    let text = variables::get("deletion_grace_days").await?;
    let days = text.trim().parse().ok().filter(|days| GRACE.contains(days));
    let days: u32 = days.ok_or_else(|| {
        Problem::internal(anyhow!("deletion_grace_days is not a number from 0 to 365"))
    })?;
    Ok(DAY * days)
}

/// Ends all sessions, and remembers to remove the account at `due`.
pub fn ask(
    tx: &Transaction,
    account: &Account,
    due: Timestamp,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    deletions::ask(tx, account.id, due, now)?;
    mail::notify(tx, account, Notice::DeletionAsked, origin, now)?;
    audit::record(
        tx,
        &Entry::by(Event::DeletionAsked, account.id),
        origin,
        now,
    )
}

/// Takes it back, for an owner who signs in.
pub fn take_back(
    tx: &Transaction,
    account: &Account,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    if deletions::take_back(tx, account.id)? {
        mail::notify(tx, account, Notice::DeletionTakenBack, origin, now)?;
        audit::record(
            tx,
            &Entry::by(Event::DeletionTakenBack, account.id),
            origin,
            now,
        )?;
    }
    Ok(())
}

/// Removes an account now, and has everybody who knows the person forget. `actor` is none where its time had
/// come. False where there is no such account.
pub fn remove(
    tx: &Transaction,
    account: UserId,
    actor: Option<UserId>,
    origin: &Origin,
    now: Timestamp,
) -> Result<bool, Error> {
    if !deletions::remove(tx, account)? {
        return Ok(false);
    }
    for neighbour in Neighbour::ALL {
        let erasure = Erasure {
            neighbour,
            user: account,
        };
        outbox::add(tx, Kind::Erasure, &erasure, now)?;
    }
    let mut entry = Entry::about(Event::AccountDeleted, account);
    if let Some(actor) = actor {
        entry = entry.with_actor(actor);
    }
    audit::record(tx, &entry, origin, now)?;
    Ok(true)
}

/// Removes accounts whose time has come, as many as a request has time for, and says how many. One that cannot
/// be removed holds up no other.
pub fn remove_due() -> Result<usize, Error> {
    let now = clock::now();
    let mut removed = 0;
    for account in deletions::due(DB.connect()?, BATCH, now)? {
        let is_removed = DB.transaction(|tx| {
            // Its owner may have come back a moment ago.
            Ok::<_, Error>(
                deletions::is_due(tx, account, now)?
                    && remove(tx, account, None, &Origin::NOWHERE, now)?,
            )
        });
        match is_removed {
            Ok(is_removed) => removed += usize::from(is_removed),
            Err(error) => report("an account cannot be removed", &error.to_string()),
        }
    }
    Ok(removed)
}
