//! `/v1/billing`.

mod invoices;
mod plans;
mod subscriptions;
mod usage;

use selvedge_tests::{Answer, Client};
use serde_json::json;

/// Subscribes to a plan under this idempotency key.
async fn subscribe(client: &Client, plan: &str, key: &str) -> Answer {
    client
        .post("/v1/billing/subscriptions", &json!({"plan": plan}))
        .header("idempotency-key", key)
        .await
}
