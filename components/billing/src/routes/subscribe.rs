//! `POST /v1/billing/subscriptions`: subscribes the caller to a plan and issues the first invoice, both or neither.
//!
//! `Idempotency-Key` is required: a client that lost the answer must be able to ask again without buying twice.

use crate::id::InvoiceId;
use crate::routes::subscription::SubscriptionView;
use crate::rules::{invoicing, period};
use crate::store::{DB, catalogue, invoices, subscriptions};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use shared::storage::Transaction;
use shared::{
    Caller, FieldError, IdempotencyKey, Json, Problem, Result, Timestamp, UserId, clock,
    idempotency,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSubscription {
    plan: String,
}

/// The subscription, and the invoice that came with it.
#[derive(Serialize)]
struct Subscribed {
    #[serde(flatten)]
    subscription: SubscriptionView,
    invoice: InvoiceId,
}

pub async fn subscribe(
    caller: Caller,
    key: IdempotencyKey,
    Json(request): Json<NewSubscription>,
) -> Result<Response> {
    let now = clock::now();
    let fingerprint = format!("POST /v1/billing/subscriptions\n{}", request.plan);
    idempotency::run(
        &DB,
        &caller.user.to_string(),
        &key,
        fingerprint.as_bytes(),
        now,
        |tx| {
            let subscribed = begin(tx, caller.user, &request.plan, now)?;
            Ok((
                StatusCode::CREATED,
                serde_json::to_value(subscribed).map_err(Problem::internal)?,
            ))
        },
    )
}

fn begin(tx: &Transaction, user: UserId, plan: &str, now: Timestamp) -> Result<Subscribed> {
    let Some(plan) = catalogue::plan(tx, plan)? else {
        return Err(Problem::invalid(vec![FieldError::new(
            "plan",
            "is not a plan that is for sale",
        )]));
    };
    let subscription = match subscriptions::insert(tx, user, &plan, now) {
        Ok(subscription) => subscription,
        Err(error) if error.is_unique_violation() => return Err(already_subscribed(&plan.family)),
        Err(error) => return Err(error.into()),
    };
    let draft = invoicing::first_invoice(&plan).map_err(Problem::internal)?;
    let invoice = invoices::issue(tx, &subscription, &draft, period::nth(now, 0), now)?;
    Ok(Subscribed {
        subscription: SubscriptionView::new(subscription, now),
        invoice,
    })
}

fn already_subscribed(family: &str) -> Problem {
    Problem::conflict(format!(
        "You have an active subscription to a plan of the family {family}."
    ))
}
