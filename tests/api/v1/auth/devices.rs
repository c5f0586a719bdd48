//! Who signs in from elsewhere, as the account's owner learns it.

use selvedge_tests::{
    Client, Person, mail,
    people::{self, PASSWORD},
};
use serde_json::json;

use crate::{application, client, person};

const NOTICE: &str = "Selvedge: A new sign-in";

async fn sign_in(client: &Client, email: &str, user_agent: &str) {
    let body = json!({"email": email, "password": PASSWORD});
    let request = client.post("/v1/auth/sign-in", &body);
    request.header("user-agent", user_agent).await.expect(200);
}

#[tokio::test]
async fn a_device_that_was_not_used_before_is_told_of_once() {
    let person = person().await.verified(application()).await;
    let logs = &application().logs;
    Person::sign_in(&client(), &person.email).await;
    sign_in(
        &client(),
        &person.email,
        "Elsewhere/1.0 https://evil.example",
    )
    .await;
    let notice = mail::to(logs, &person.email, NOTICE).await;
    assert!(
        notice
            .text
            .contains("With: Elsewhere 1.0 https  evil.example"),
        "{}",
        notice.text
    );
    sign_in(
        &client(),
        &person.email,
        "Elsewhere/1.0 https://evil.example",
    )
    .await;
    sign_in(&client(), &person.email, "Another/1.0").await;
    let second = mail::nth_to(logs, 2, &person.email, NOTICE).await;
    assert!(second.text.contains("With: Another 1.0"), "{}", second.text);
}

#[tokio::test]
async fn an_address_that_was_never_proven_is_told_nothing() {
    let (person, other) = (person().await, person().await.verified(application()).await);
    sign_in(&client(), &person.email, "Elsewhere/1.0").await;
    // What is told of later is told: so nothing was of the one before.
    sign_in(&client(), &other.email, "Elsewhere/1.0").await;
    mail::to(&application().logs, &other.email, NOTICE).await;
    assert_eq!(
        mail::count_to(&application().logs, &person.email, NOTICE),
        0
    );
    people::sign_in(&client(), &person.email).await.expect(200);
}
