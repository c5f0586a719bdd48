//! `GET /v1/billing/usage`: what the caller has used in the current period, and what it costs so far.

use crate::id::SubscriptionId;
use crate::rules::period::{self, Period};
use crate::rules::pricing::{self, Overage};
use crate::store::DB;
use crate::store::subscriptions::{self, Subscription};
use crate::store::usage::{self, Total};
use serde::Serialize;
use shared::storage::Connection;
use shared::{Caller, Json, Page, Problem, Result, Timestamp, clock};

/// What was used under one subscription.
#[derive(Serialize)]
pub struct Summary {
    subscription: SubscriptionId,
    plan: String,
    period: Period,
    meters: Vec<MeterUsage>,
}

/// What was used of one meter.
#[derive(Serialize)]
struct MeterUsage {
    meter: String,
    name: String,
    unit: String,
    used: i64,
    included: i64,
    overage: Overage,
}

pub async fn summary(caller: Caller) -> Result<Json<Page<Summary>>> {
    let now = clock::now();
    let db = DB.connect()?;
    let data = subscriptions::active(db, caller.user)?
        .into_iter()
        .map(|subscription| summarise(db, subscription, now))
        .collect::<Result<_>>()?;
    Ok(Json(Page {
        data,
        next_cursor: None,
    }))
}

fn summarise(db: &Connection, subscription: Subscription, now: Timestamp) -> Result<Summary> {
    let period = period::current(subscription.started_at, now);
    let meters = usage::totals(db, &subscription, period)?
        .into_iter()
        .map(price)
        .collect::<Result<_>>()?;
    Ok(Summary {
        subscription: subscription.id,
        plan: subscription.plan_id,
        period,
        meters,
    })
}

fn price(total: Total) -> Result<MeterUsage> {
    let overage = pricing::overage(&total.allowance, total.used, total.currency)
        .map_err(Problem::internal)?;
    Ok(MeterUsage {
        meter: total.allowance.meter,
        name: total.allowance.name,
        unit: total.allowance.unit,
        used: total.used,
        included: total.allowance.included,
        overage,
    })
}
