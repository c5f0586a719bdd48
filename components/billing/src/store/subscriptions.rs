//! Who takes which plan, from when.

use crate::id::SubscriptionId;
use crate::rules::catalogue::Plan;
use serde::Deserialize;
use shared::storage::{Connection, Error, Transaction, params};
use shared::{Timestamp, UserId};

/// A subscription as it is stored.
#[derive(Clone, Debug, Deserialize)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub user_id: UserId,
    pub plan_id: String,
    pub family: String,
    /// The anchor of its periods.
    pub started_at: Timestamp,
    /// `None`: active.
    pub ended_at: Option<Timestamp>,
    pub version: i64,
}

/// Subscribes `user` to `plan`. A unique violation says that the user has an active subscription of the family.
pub fn insert(
    tx: &Transaction,
    user: UserId,
    plan: &Plan,
    now: Timestamp,
) -> Result<Subscription, Error> {
    let subscription = Subscription {
        id: SubscriptionId::new(),
        user_id: user,
        plan_id: plan.id.clone(),
        family: plan.family.clone(),
        started_at: now,
        ended_at: None,
        version: 1,
    };
    tx.execute(
        "INSERT INTO subscriptions (id, user_id, plan_id, family, started_at, version) VALUES (?, ?, ?, ?, ?, ?)",
        params![
            subscription.id,
            subscription.user_id,
            subscription.plan_id,
            subscription.family,
            subscription.started_at,
            subscription.version
        ],
    )?;
    Ok(subscription)
}

/// One subscription, whoever's it is.
pub fn find(db: &Connection, id: SubscriptionId) -> Result<Option<Subscription>, Error> {
    db.query_one(
        "SELECT id, user_id, plan_id, family, started_at, ended_at, version
         FROM subscriptions WHERE id = ?",
        params![id],
    )
}

/// No id sorts after `sub_~`, so the first page is a range of the index like every other.
/// At most `limit` subscriptions of a user, the newest first, from after `after`.
pub fn list(
    db: &Connection,
    user: UserId,
    after: Option<SubscriptionId>,
    limit: u32,
) -> Result<Vec<Subscription>, Error> {
    db.query(
        "SELECT id, user_id, plan_id, family, started_at, ended_at, version
         FROM subscriptions WHERE user_id = ?1 AND id < coalesce(?2, 'sub_~') ORDER BY id DESC LIMIT ?3",
        params![user, after, limit],
    )
}

/// The active subscriptions of a user: at most one of a family.
pub fn active(db: &Connection, user: UserId) -> Result<Vec<Subscription>, Error> {
    db.query(
        "SELECT id, user_id, plan_id, family, started_at, ended_at, version
         FROM subscriptions WHERE user_id = ? AND ended_at IS NULL ORDER BY family",
        params![user],
    )
}

/// Ends what is still active of a user's.
pub fn end_all(db: &Connection, user: UserId, now: Timestamp) -> Result<(), Error> {
    db.execute(
        "UPDATE subscriptions SET ended_at = max(started_at, ?2), version = version + 1
         WHERE user_id = ?1 AND ended_at IS NULL",
        params![user, now],
    )?;
    Ok(())
}
