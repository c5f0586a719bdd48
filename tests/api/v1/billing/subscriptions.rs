//! `/v1/billing/subscriptions` and `/v1/billing/subscriptions/{id}`.

use futures::future::join_all;
use serde_json::json;

use super::subscribe;
use crate::{admin, assert_needs_a_caller, person};

const SUBSCRIPTIONS: &str = "/v1/billing/subscriptions";

#[tokio::test]
async fn subscribing_begins_a_period_and_issues_its_invoice() {
    let client = person().await.client;
    let subscription = subscribe(&client, "starter", "k").await.expect(201).json();
    assert_eq!(subscription["plan"], "starter");
    assert_eq!(subscription["status"], "active");
    assert_eq!(
        subscription["started_at"],
        subscription["current_period"]["start"]
    );
    let invoice = subscription["invoice"].as_str().expect("it was invoiced");
    let invoice = client
        .get(&format!("/v1/billing/invoices/{invoice}"))
        .await
        .expect(200)
        .json();
    assert_eq!(invoice["subscription"], subscription["id"]);
    assert_eq!(invoice["total"], json!({"amount": 1900, "currency": "EUR"}));

    let listed = client.get(SUBSCRIPTIONS).await.expect(200).json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["data"][0]["id"], subscription["id"]);
    let id = subscription["id"]
        .as_str()
        .expect("a subscription has an id");
    let shown = client
        .get(&format!("{SUBSCRIPTIONS}/{id}"))
        .await
        .expect(200);
    assert_eq!(shown.json(), listed["data"][0]);
    assert!(shown.header("etag").is_some());
}

#[tokio::test]
async fn a_repeated_request_buys_once() {
    let client = person().await.client;
    let first = subscribe(&client, "team", "same").await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    let second = subscribe(&client, "team", "same").await.expect(201);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.json(), second.json());
    let invoices = client.get("/v1/billing/invoices").await.expect(200).json();
    assert_eq!(invoices["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn requests_at_once_with_one_key_buy_once() {
    let client = person().await.client;
    let answers = join_all((0..8).map(|_| subscribe(&client, "team", "at-once"))).await;
    let mut bought = Vec::new();
    for answer in answers {
        match answer.status.as_u16() {
            201 => bought.push(answer.json()),
            _ => {
                answer.problem(409);
                assert_eq!(answer.header("retry-after"), Some("1"));
            }
        }
    }
    assert!(
        !bought.is_empty() && bought.iter().all(|answer| *answer == bought[0]),
        "{bought:?}"
    );
    let invoices = client.get("/v1/billing/invoices").await.expect(200).json();
    assert_eq!(invoices["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_key_that_was_used_for_another_request_is_refused() {
    let client = person().await.client;
    subscribe(&client, "team", "k").await.expect(201);
    subscribe(&client, "starter", "k").await.problem(422);
}

#[tokio::test]
async fn a_key_is_ones_own() {
    let (one, other) = futures::join!(person(), person());
    let first = subscribe(&one.client, "team", "shared-key")
        .await
        .expect(201)
        .json();
    let second = subscribe(&other.client, "team", "shared-key")
        .await
        .expect(201)
        .json();
    assert_ne!(first["id"], second["id"]);
}

#[tokio::test]
async fn a_request_that_was_refused_leaves_its_key_free() {
    let client = person().await.client;
    subscribe(&client, "gold", "k")
        .await
        .problem(422)
        .names("plan");
    subscribe(&client, "team", "k").await.expect(201);
}

#[tokio::test]
async fn a_key_is_required_and_has_a_form() {
    let client = person().await.client;
    let request = || client.post(SUBSCRIPTIONS, &json!({"plan": "team"}));
    request().await.problem(400).names("idempotency-key");
    for key in ["", "a b", "é", &"x".repeat(256)] {
        request()
            .header("idempotency-key", key)
            .await
            .problem(400)
            .names("idempotency-key");
    }
    let twice = request()
        .header("idempotency-key", "one")
        .header("idempotency-key", "two");
    twice.await.problem(400).names("idempotency-key");
}

#[tokio::test]
async fn one_plan_of_a_family_is_enough() {
    let client = person().await.client;
    subscribe(&client, "starter", "first").await.expect(201);
    subscribe(&client, "starter", "second").await.problem(409);
    subscribe(&client, "team", "third").await.problem(409);
}

#[tokio::test]
async fn a_subscription_is_seen_by_its_owner_and_administrators() {
    let (owner, other) = futures::join!(person(), person());
    let id = subscribe(&owner.client, "free", "k")
        .await
        .expect(201)
        .json()["id"]
        .clone();
    let path = format!(
        "{SUBSCRIPTIONS}/{}",
        id.as_str().expect("a subscription has an id")
    );
    owner.client.get(&path).await.expect(200);
    admin().await.client.get(&path).await.expect(200);
    other.client.get(&path).await.problem(404);
    assert_eq!(
        other.client.get(SUBSCRIPTIONS).await.expect(200).json()["data"],
        json!([])
    );
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(
        GET SUBSCRIPTIONS,
        POST SUBSCRIPTIONS,
        GET format!("{SUBSCRIPTIONS}/sub_01h455vb4pex5vsknk084sn02q"),
    );
}
