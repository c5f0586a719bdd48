//! `GET /v1/billing/subscriptions/{id}`: one subscription, for its owner and administrators.

use crate::id::SubscriptionId;
use crate::routes::access::may_see;
use crate::rules::period::{self, Period};
use crate::store::DB;
use crate::store::subscriptions::{self, Subscription};
use axum::response::IntoResponse;
use serde::Serialize;
use shared::{Caller, ETag, Json, Path, Problem, Result, Timestamp, clock};

/// What is shown of a subscription.
#[derive(Serialize)]
pub struct SubscriptionView {
    id: SubscriptionId,
    plan: String,
    family: String,
    status: Status,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
    /// The billing period that contains now; none once it has ended.
    current_period: Option<Period>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Ended,
}

impl SubscriptionView {
    pub fn new(subscription: Subscription, now: Timestamp) -> SubscriptionView {
        let active = subscription.ended_at.is_none();
        SubscriptionView {
            id: subscription.id,
            plan: subscription.plan_id,
            family: subscription.family,
            status: if active {
                Status::Active
            } else {
                Status::Ended
            },
            started_at: subscription.started_at,
            ended_at: subscription.ended_at,
            current_period: active.then(|| period::current(subscription.started_at, now)),
        }
    }
}

/// Counts the states of what is shown: it grows with every stored change and with every new period.
fn revision(subscription: &Subscription, now: Timestamp) -> i64 {
    let until = subscription.ended_at.unwrap_or(now);
    subscription
        .version
        .saturating_add(period::index(subscription.started_at, until).into())
}

pub async fn show(caller: Caller, Path(id): Path<SubscriptionId>) -> Result<impl IntoResponse> {
    let now = clock::now();
    let subscription = subscriptions::find(DB.connect()?, id)?
        .filter(|subscription| may_see(&caller, subscription.user_id))
        .ok_or_else(|| Problem::not_found("There is no such subscription."))?;
    Ok((
        ETag::of(revision(&subscription, now)),
        Json(SubscriptionView::new(subscription, now)),
    ))
}
