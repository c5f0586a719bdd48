//! `/v1/auth/step-up`, and the calls that want a recent proof.

use std::time::Duration;

use selvedge_tests::{
    Answer, Application, Person, Setup,
    authenticator::Guarded,
    people::{self, PASSWORD},
    token,
};
use serde_json::{Value, json};

use crate::assert_needs_a_caller;

const STEP_UP: &str = "/v1/auth/step-up";
const TOTP: &str = "/v1/auth/totp";
const MINUTE: Duration = Duration::from_secs(60);

/// Somebody who signed in eleven minutes ago.
async fn long_since() -> (Application, Person) {
    let application = Setup::application().with_clock().start();
    let person = Person::sign_up(&application.client()).await;
    application.advance(11 * MINUTE);
    (application, person)
}

async fn step_up(person: &Person, proof: Value) -> Answer {
    person.client.post(STEP_UP, &proof).await
}

fn assert_refused(answer: &Answer) {
    answer.problem(403);
    assert_eq!(
        answer.json()["type"],
        "urn:selvedge:problem:step-up-required"
    );
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.contains("insufficient_user_authentication"));
}

#[tokio::test]
async fn what_is_dangerous_wants_a_recent_proof_which_a_password_is() {
    let (application, person) = long_since().await;
    assert_refused(&person.client.post(TOTP, &json!({})).await);
    let answer = step_up(&person, json!({"password": PASSWORD}))
        .await
        .expect(200);
    let body = answer.json();
    assert_eq!(body.get("refresh_token"), None);
    let claims = token::claims(body["access_token"].as_str().expect("a token is text"));
    assert_eq!(claims["sid"], person.session());
    assert_eq!(claims["amr"], json!(["pwd"]));
    assert_eq!(claims["auth_time"], claims["iat"]);
    person.client.post(TOTP, &json!({})).await.expect(200);
    application.advance(11 * MINUTE);
    let person = Person::refreshed(&application.client(), &person).await;
    assert_refused(&person.client.post(TOTP, &json!({})).await);
}

#[tokio::test]
async fn a_refresh_is_no_proof() {
    let (application, person) = long_since().await;
    let before = token::claims(&person.access_token)["auth_time"].clone();
    let person = Person::refreshed(&application.client(), &person).await;
    assert_eq!(token::claims(&person.access_token)["auth_time"], before);
    assert_refused(&person.client.post(TOTP, &json!({})).await);
}

#[tokio::test]
async fn a_wrong_password_proves_nothing_and_cannot_be_guessed_fast() {
    let (application, person) = long_since().await;
    for _ in 0..5 {
        let wrong = step_up(&person, json!({"password": "not the password"})).await;
        wrong.problem(422).names("password");
    }
    step_up(&person, json!({"password": PASSWORD}))
        .await
        .problem(429);
    assert_refused(&person.client.post(TOTP, &json!({})).await);
    application.advance(MINUTE);
    step_up(&person, json!({"password": PASSWORD}))
        .await
        .expect(200);
}

#[tokio::test]
async fn where_there_is_a_second_factor_only_that_is_a_proof() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    // A session from before the app was set up: one factor, however recent.
    let old = Person::sign_in(&client, &person.email).await;
    let guarded = Guarded::new(&application, person).await;
    assert_refused(&old.client.delete(TOTP).await);
    let refused = step_up(&old, json!({"password": PASSWORD})).await;
    refused.problem(422).names("password");
    assert_refused(&old.client.delete(TOTP).await);

    application.advance(MINUTE);
    let code = guarded.app.code(application.now());
    let answer = step_up(&old, json!({"code": code})).await.expect(200);
    let body = answer.json();
    let claims = token::claims(body["access_token"].as_str().expect("a token is text"));
    assert_eq!(claims["acr"], "aal2");
    step_up(&old, json!({"code": code})).await.problem(422);
    old.client.delete(TOTP).await.expect(204);
    people::sign_in(&client, &old.email).await.expect(200);
}

#[tokio::test]
async fn a_factor_is_not_removed_by_whoever_finds_an_open_session() {
    let application = Setup::application().with_clock().start();
    let person = Person::sign_up(&application.client()).await;
    let guarded = Guarded::new(&application, person).await;
    application.advance(11 * MINUTE);
    assert_refused(&guarded.person.client.delete(TOTP).await);
    let codes = guarded
        .person
        .client
        .post("/v1/auth/recovery-codes", &json!({}));
    assert_refused(&codes.await);
}

#[tokio::test]
async fn one_proof_at_a_time() {
    let (_application, person) = long_since().await;
    for proof in [
        json!({}),
        json!({"password": PASSWORD, "code": "123456"}),
        json!({"token": "x"}),
    ] {
        step_up(&person, proof).await.problem(400);
    }
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(POST STEP_UP);
}
