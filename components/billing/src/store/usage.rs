//! Usage events: written once, summed per period.

use crate::id::SubscriptionId;
use crate::rules::catalogue::Allowance;
use crate::rules::period::Period;
use crate::store::catalogue;
use crate::store::subscriptions::Subscription;
use serde::Deserialize;
use shared::storage::{Connection, Error, params};
use shared::{Currency, Timestamp, UserId};
use std::num::NonZero;

/// A usage event as it is stored.
#[derive(Debug, Deserialize)]
pub struct Event {
    pub id: String,
    pub subscription_id: SubscriptionId,
    pub meter_id: String,
    pub quantity: i64,
    pub at: Timestamp,
    pub recorded_at: Timestamp,
}

/// A usage event as it was measured.
pub struct Measured<'a> {
    pub id: &'a str,
    pub meter: &'a str,
    /// In units of the meter.
    pub quantity: i64,
    pub at: Timestamp,
}

/// Stores an event under the user's active subscription that covers the meter at that time. `None`: nothing was stored,
/// because there is no such subscription or the user has an event of this id. One statement, and a repeated event
/// writes nothing: this is the busiest endpoint.
pub fn insert(
    db: &Connection,
    user: UserId,
    event: &Measured,
    now: Timestamp,
) -> Result<Option<Event>, Error> {
    db.query_one(
        "INSERT INTO usage_events (user_id, id, subscription_id, meter_id, quantity, at, recorded_at)
         SELECT ?1, ?2, s.id, pm.meter_id, ?4, ?5, ?6
         FROM subscriptions s JOIN plan_meters pm ON pm.plan_id = s.plan_id
         WHERE s.user_id = ?1 AND s.ended_at IS NULL AND s.started_at <= ?5 AND pm.meter_id = ?3
         ORDER BY s.family LIMIT 1
         ON CONFLICT (user_id, id) DO NOTHING
         RETURNING id, subscription_id, meter_id, quantity, at, recorded_at",
        params![user, event.id, event.meter, event.quantity, event.at, now],
    )
}

/// The user's event of this id.
pub fn find(db: &Connection, user: UserId, id: &str) -> Result<Option<Event>, Error> {
    db.query_one(
        "SELECT id, subscription_id, meter_id, quantity, at, recorded_at
         FROM usage_events WHERE user_id = ? AND id = ?",
        params![user, id],
    )
}

/// At most `limit` of a user's events, by their ids, from after `after`.
pub fn list(
    db: &Connection,
    user: UserId,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Event>, Error> {
    db.query(
        "SELECT id, subscription_id, meter_id, quantity, at, recorded_at
         FROM usage_events WHERE user_id = ? AND id > coalesce(?, '') ORDER BY id LIMIT ?",
        params![user, after, limit],
    )
}

/// Whether there is such a meter at all.
pub fn meter_exists(db: &Connection, meter: &str) -> Result<bool, Error> {
    let found: Option<i64> = db.query_one("SELECT 1 FROM meters WHERE id = ?", params![meter])?;
    Ok(found.is_some())
}

/// What was used of one meter, and under which terms.
pub struct Total {
    pub allowance: Allowance,
    pub currency: Currency,
    pub used: i64,
}

/// What was used in `period` of every meter that the subscription's plan includes.
pub fn totals(
    db: &Connection,
    subscription: &Subscription,
    period: Period,
) -> Result<Vec<Total>, Error> {
    #[derive(Deserialize)]
    struct Row {
        meter: String,
        name: String,
        unit: String,
        included: i64,
        per: Option<NonZero<u32>>,
        block_price: Option<i64>,
        currency: Currency,
        used: i64,
    }
    let rows: Vec<Row> = db.query(
        "SELECT m.id AS meter, m.name, m.unit, pm.included, pm.per, pm.block_price, p.currency,
                (SELECT coalesce(sum(e.quantity), 0) FROM usage_events e
                 WHERE e.subscription_id = ?1 AND e.meter_id = m.id AND e.at >= ?3 AND e.at < ?4) AS used
         FROM plan_meters pm JOIN meters m ON m.id = pm.meter_id JOIN plans p ON p.id = pm.plan_id
         WHERE pm.plan_id = ?2 ORDER BY m.id",
        params![subscription.id, subscription.plan_id, period.start, period.end],
    )?;
    Ok(rows
        .into_iter()
        .map(|row| Total {
            allowance: Allowance {
                meter: row.meter,
                name: row.name,
                unit: row.unit,
                included: row.included,
                overage: catalogue::overage_price(row.per, row.block_price, row.currency),
            },
            currency: row.currency,
            used: row.used,
        })
        .collect())
}
