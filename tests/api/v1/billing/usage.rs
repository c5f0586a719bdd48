//! `/v1/billing/usage`.

use futures::future::join_all;
use selvedge_tests::{Answer, Client};
use serde_json::{Value, json};

use super::subscribe;
use crate::{assert_needs_a_caller, person};

const USAGE: &str = "/v1/billing/usage";

async fn customer(plan: &str) -> Client {
    let client = person().await.client;
    subscribe(&client, plan, "k").await.expect(201);
    client
}

async fn record(client: &Client, id: &str, quantity: i64) -> Answer {
    client
        .post(
            USAGE,
            &json!({"id": id, "meter": "api_calls", "quantity": quantity}),
        )
        .await
}

/// What was used of API calls so far.
async fn api_calls(client: &Client) -> Value {
    let usage = client.get(USAGE).await.expect(200).json();
    let meters = usage["data"][0]["meters"]
        .as_array()
        .expect("a subscription has meters");
    meters
        .iter()
        .find(|meter| meter["meter"] == "api_calls")
        .expect("every plan counts them")
        .clone()
}

#[tokio::test]
async fn what_is_used_adds_up_and_costs_what_the_plan_says() {
    let client = customer("starter").await;
    for (id, quantity) in [("a", 4_000), ("b", 6_000)] {
        record(&client, id, quantity).await.expect(201);
    }
    let calls = api_calls(&client).await;
    assert_eq!(
        (&calls["used"], &calls["overage"]["quantity"]),
        (&json!(10_000), &json!(0))
    );
    record(&client, "c", 1).await.expect(201);
    let calls = api_calls(&client).await;
    assert_eq!(
        calls["overage"],
        json!({"quantity": 1, "charge": {"amount": 50, "currency": "EUR"}})
    );
}

#[tokio::test]
async fn an_event_that_is_sent_again_counts_once() {
    let client = customer("free").await;
    assert_eq!(
        record(&client, "e", 7).await.expect(201).json()["duplicate"],
        false
    );
    assert_eq!(
        record(&client, "e", 7).await.expect(200).json()["duplicate"],
        true
    );
    assert_eq!(api_calls(&client).await["used"], 7);
}

#[tokio::test]
async fn an_event_that_is_sent_many_times_at_once_counts_once() {
    let client = customer("free").await;
    let answers = join_all((0..8).map(|_| record(&client, "e", 7))).await;
    let recorded = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(recorded, 1);
    assert!(answers.iter().all(Answer::is_success));
    assert_eq!(api_calls(&client).await["used"], 7);
}

#[tokio::test]
async fn another_event_of_the_same_id_is_refused() {
    let client = customer("free").await;
    record(&client, "e", 7).await.expect(201);
    record(&client, "e", 8).await.problem(409);
    assert_eq!(api_calls(&client).await["used"], 7);
}

#[tokio::test]
async fn an_events_id_is_ones_own() {
    let (one, other) = futures::join!(customer("free"), customer("free"));
    record(&one, "same", 1).await.expect(201);
    record(&other, "same", 2).await.expect(201);
    assert_eq!(
        (
            &api_calls(&one).await["used"],
            &api_calls(&other).await["used"]
        ),
        (&json!(1), &json!(2))
    );
}

#[tokio::test]
async fn use_without_a_subscription_is_refused() {
    record(&person().await.client, "e", 1).await.problem(409);
}

#[tokio::test]
async fn an_event_nobody_would_believe_is_refused() {
    let client = customer("free").await;
    for quantity in [0, -1, 1_000_000_001, i64::MAX, i64::MIN] {
        record(&client, "e", quantity)
            .await
            .problem(422)
            .names("quantity");
    }
    for id in ["", "a b", "é", "\0", &"x".repeat(129)] {
        record(&client, id, 1).await.problem(422).names("id");
    }
    let at = async |time: &str| {
        client
            .post(
                USAGE,
                &json!({"id": "e", "meter": "api_calls", "quantity": 1, "at": time}),
            )
            .await
    };
    at("1999-12-31T23:59:59Z").await.problem(422).names("at");
    at("2999-01-01T00:00:00Z").await.problem(422).names("at");
    at("yesterday").await.problem(400).names("at");
    client
        .post(USAGE, &json!({"id": "e", "meter": "smiles", "quantity": 1}))
        .await
        .problem(422)
        .names("meter");
    assert_eq!(api_calls(&client).await["used"], 0);
}

#[tokio::test]
async fn a_quantity_is_a_whole_number() {
    let client = customer("free").await;
    for quantity in [json!(1.5), json!("1"), json!(null), json!([1]), json!(1e30)] {
        let event = json!({"id": "e", "meter": "api_calls", "quantity": quantity});
        client
            .post(USAGE, &event)
            .await
            .problem(400)
            .names("quantity");
    }
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(GET USAGE, POST USAGE);
}
