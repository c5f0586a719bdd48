//! What the passing of time changes, on a clock that the tests move.

use std::time::Duration;

use selvedge_tests::{Person, Setup};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn an_access_token_is_good_for_a_quarter_of_an_hour() {
    let application = Setup::application().with_clock().start();
    let person = Person::sign_up(&application.client()).await;
    let me = || person.client.get("/v1/users/me");
    me().await.expect(200);
    application.advance(14 * MINUTE);
    me().await.expect(200);
    application.advance(2 * MINUTE);
    me().await.problem(401);

    let refreshed = application.client().post(
        "/v1/auth/refresh",
        &json!({"refresh_token": person.refresh_token}),
    );
    let token = refreshed.await.expect(200).json()["access_token"].clone();
    let client = person
        .client
        .with_token(token.as_str().expect("it is text"));
    client.get("/v1/users/me").await.expect(200);
}

#[tokio::test]
async fn a_subscription_goes_from_one_month_to_the_next() {
    let application = Setup::application().with_clock().start();
    let anonymous = application.client();
    let person = Person::sign_up(&anonymous).await;
    let subscribe = person
        .client
        .post("/v1/billing/subscriptions", &json!({"plan": "starter"}))
        .header("idempotency-key", "k");
    let first = subscribe.await.expect(201).json()["current_period"].clone();
    let event = json!({"id": "e", "meter": "api_calls", "quantity": 5});
    let record = person.client.post("/v1/billing/usage", &event);
    record.await.expect(201);
    let used = |usage: &Value| usage["data"][0]["meters"][0]["used"].clone();
    let usage = person
        .client
        .get("/v1/billing/usage")
        .await
        .expect(200)
        .json();
    assert_eq!(used(&usage), 5);

    application.advance(32 * DAY);
    let client = Person::sign_in(&anonymous, &person.email).await.client;
    let subscriptions = client
        .get("/v1/billing/subscriptions")
        .await
        .expect(200)
        .json();
    let second = &subscriptions["data"][0]["current_period"];
    assert_eq!(second["start"], first["end"]);
    let usage = client.get("/v1/billing/usage").await.expect(200).json();
    assert_eq!(used(&usage), 0, "what was used in the first month: {usage}");
}
