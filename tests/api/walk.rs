//! The whole way of a newcomer, from sign-up to an invoice, and the same person after a restart.

use selvedge_tests::{Application, Person, Setup, people};
use serde_json::{Value, json};

#[tokio::test]
async fn a_newcomer_walks_from_sign_up_to_an_invoice_which_a_restart_keeps() {
    let application = Setup::application().start();
    let person = Person::sign_up(&application.client()).await;
    person
        .client
        .patch("/v1/users/me", &json!({"name": "Ada"}))
        .await
        .expect(200);
    let subscribe = person
        .client
        .post("/v1/billing/subscriptions", &json!({"plan": "starter"}));
    subscribe
        .header("idempotency-key", "walk")
        .await
        .expect(201);
    let event = json!({"id": "first", "meter": "api_calls", "quantity": 10_001});
    person
        .client
        .post("/v1/billing/usage", &event)
        .await
        .expect(201);
    let before = belongings(&application, &person).await;

    let application = Setup::application().on(application.stop()).start();
    assert_eq!(
        belongings(&application, &person).await,
        before,
        "the old token is good, and all is there"
    );
    let again = Person::sign_in(&application.client(), &person.email).await;
    assert_eq!(belongings(&application, &again).await, before);
    let refresh = json!({"refresh_token": person.refresh_token});
    application
        .client()
        .post("/v1/auth/refresh", &refresh)
        .await
        .expect(200);
    people::sign_up(&application.client(), &person.email)
        .await
        .problem(409);
}

/// Everything that `person` has.
async fn belongings(application: &Application, person: &Person) -> Vec<Value> {
    let client = application.client().with_token(&person.access_token);
    let mut belongings = Vec::new();
    for path in [
        "/v1/users/me",
        "/v1/billing/subscriptions",
        "/v1/billing/usage",
        "/v1/billing/invoices",
    ] {
        belongings.push(client.get(path).await.expect(200).json());
    }
    let invoice = belongings[3]["data"][0]["id"]
        .as_str()
        .expect("there is an invoice");
    belongings.push(
        client
            .get(&format!("/v1/billing/invoices/{invoice}"))
            .await
            .expect(200)
            .json(),
    );
    belongings
}
