//! `/v1/auth/password`.

use selvedge_tests::{
    Person, mail,
    people::{self, PASSWORD},
};
use serde_json::json;

use crate::{application, assert_needs_a_caller, client, person};

const CHANGE: &str = "/v1/auth/password";
const NEW: &str = "a quite different phrase";

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let person = person().await.verified(application()).await;
    let other = Person::sign_in(&client(), &person.email).await;
    let change = json!({"current_password": PASSWORD, "password": NEW});
    person.client.post(CHANGE, &change).await.expect(204);

    person.client.get("/v1/auth/sessions").await.expect(200);
    other.client.get("/v1/auth/sessions").await.problem(401);
    people::sign_in(&client(), &person.email).await.problem(401);
    let sign_in = json!({"email": person.email, "password": NEW});
    client()
        .post("/v1/auth/sign-in", &sign_in)
        .await
        .expect(200);
    let subject = "Selvedge: Your password was changed";
    mail::to(&application().logs, &person.email, subject).await;
}

#[tokio::test]
async fn it_takes_the_password_in_use() {
    let person = person().await;
    for change in [
        json!({"current_password": "not the password", "password": NEW}),
        json!({"password": NEW}),
        json!({"current_password": null, "password": NEW}),
    ] {
        let answer = person.client.post(CHANGE, &change).await;
        answer.problem(422).names("current_password");
    }
    people::sign_in(&client(), &person.email).await.expect(200);
    assert_needs_a_caller!(POST CHANGE);
}

#[tokio::test]
async fn a_password_that_others_would_guess_is_refused() {
    let person = person().await;
    let local_part = person.email.split('@').next().unwrap();
    for password in [
        "1234567",
        "password1",
        "P4ssw0rd!",
        "abcdefghij",
        "abababababab",
        "selvedge2026",
        local_part,
        &person.email,
    ] {
        let change = json!({"current_password": PASSWORD, "password": password});
        let answer = person.client.post(CHANGE, &change).await;
        answer.problem(422).names("password");
    }
}
