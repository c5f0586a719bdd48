//! `/v1/auth/email` and `/v1/auth/email/confirm`.

use selvedge_tests::{
    Answer, Person, mail,
    people::{self, PASSWORD},
};
use serde_json::json;

use crate::{application, assert_needs_a_caller, client, person, v1::auth::says_the_same};

const ASK: &str = "/v1/auth/email";
const CONFIRM: &str = "/v1/auth/email/confirm";
const SUBJECT: &str = "Confirm your new address";

async fn ask(person: &Person, email: &str) -> Answer {
    let body = json!({"email": email, "current_password": PASSWORD});
    person.client.post(ASK, &body).await
}

async fn confirm(person: &Person, token: &str) -> Answer {
    person.client.post(CONFIRM, &json!({"token": token})).await
}

#[tokio::test]
async fn an_address_changes_once_the_new_one_is_proven_and_both_are_told() {
    let person = person().await.verified(application()).await;
    let other = Person::sign_in(&client(), &person.email).await;
    let (old, new) = (person.email.clone(), people::fresh_email());
    ask(&person, &new).await.expect(202);
    let logs = &application().logs;
    let token = mail::to(logs, &new, SUBJECT).await.token();
    mail::to(logs, &old, "Selvedge: A new address was asked for").await;
    people::sign_in(&client(), &old).await.expect(200);

    confirm(&person, &token).await.expect(204);
    mail::to(logs, &old, "Selvedge: Your address was changed").await;
    mail::to(logs, &new, "Selvedge: Your address was changed").await;
    people::sign_in(&client(), &old).await.problem(401);
    let user = people::sign_in(&client(), &new).await.expect(200).json()["user"].clone();
    assert_eq!(
        (&user["email"], &user["email_verified"]),
        (&json!(new), &json!(true))
    );
    assert_eq!(user["id"], person.id.as_str());
    other.client.get("/v1/auth/sessions").await.problem(401);
    // Nor does a token go on telling of the old one.
    person.client.get("/v1/auth/sessions").await.problem(401);
    let person = Person::refreshed(&client(), &person).await;
    person.client.get("/v1/auth/sessions").await.expect(200);
    confirm(&person, &token).await.problem(422);
}

#[tokio::test]
async fn a_link_that_went_to_the_old_address_is_good_for_nothing() {
    let person = person().await.verified(application()).await;
    let logs = &application().logs;
    let forgot = json!({"email": person.email});
    client()
        .post("/v1/auth/password/forgot", &forgot)
        .await
        .expect(202);
    let reset = mail::to(logs, &person.email, "Choose a new password")
        .await
        .token();
    let new = people::fresh_email();
    ask(&person, &new).await.expect(202);
    let token = mail::to(logs, &new, SUBJECT).await.token();
    confirm(&person, &token).await.expect(204);
    let reset = json!({"token": reset, "password": "a quite different phrase"});
    client()
        .post("/v1/auth/password/reset", &reset)
        .await
        .problem(422);
}

#[tokio::test]
async fn it_takes_the_password_and_another_address() {
    let person = person().await;
    let new = people::fresh_email();
    let wrong = json!({"email": new, "current_password": "not the password"});
    person
        .client
        .post(ASK, &wrong)
        .await
        .problem(422)
        .names("current_password");
    let none = json!({"email": new});
    person
        .client
        .post(ASK, &none)
        .await
        .problem(422)
        .names("current_password");
    ask(&person, "nobody").await.problem(422).names("email");
    ask(&person, &person.email.to_uppercase())
        .await
        .problem(422)
        .names("email");
    assert_needs_a_caller!(POST ASK, POST CONFIRM);
}

#[tokio::test]
async fn an_address_of_somebody_else_gets_no_mail_and_the_answer_does_not_tell() {
    let (person, other) = (person().await, person().await);
    let free = people::fresh_email();
    says_the_same(
        &[ask(&person, &other.email).await, ask(&person, &free).await],
        202,
    );
    mail::to(&application().logs, &free, SUBJECT).await;
    assert_eq!(
        mail::count_to(&application().logs, &other.email, SUBJECT),
        0
    );
}

#[tokio::test]
async fn a_link_works_for_the_account_that_asked_and_while_the_address_is_free() {
    let (ada, eve) = (person().await, person().await);
    let new = people::fresh_email();
    ask(&ada, &new).await.expect(202);
    let token = mail::to(&application().logs, &new, SUBJECT).await.token();
    confirm(&eve, &token).await.problem(422);
    people::sign_up(&client(), &new).await.expect(201);
    confirm(&ada, &token).await.problem(409);
    people::sign_in(&client(), &ada.email).await.expect(200);
}
