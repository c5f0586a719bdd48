//! `/v1/auth/magic-link`.

use std::time::Duration;

use futures::future::join_all;
use selvedge_tests::{
    Answer, Application, Client, Person, Setup, mail,
    people::{self, PASSWORD},
    token,
};
use serde_json::json;

use super::{assert_signed_in, says_the_same};
use crate::{application, client, person};

const SEND: &str = "/v1/auth/magic-link";
const SIGN_IN: &str = "/v1/auth/magic-link/sign-in";
const SUBJECT: &str = "Sign in to";

async fn link(application: &Application, email: &str, nth: usize) -> String {
    let client = application.client();
    client
        .post(SEND, &json!({"email": email}))
        .await
        .expect(202);
    mail::nth_to(&application.logs, nth, email, SUBJECT)
        .await
        .token()
}

async fn sign_in(client: &Client, token: &str) -> Answer {
    client.post(SIGN_IN, &json!({"token": token})).await
}

#[tokio::test]
async fn a_mailed_link_signs_in_once_and_proves_the_address() {
    let person = person().await;
    let token = link(application(), &person.email, 1).await;
    let answer = sign_in(&client(), &token).await.expect(200);
    let body = assert_signed_in(&answer);
    assert_eq!(body["user"]["id"], person.id.as_str());
    assert_eq!(body["user"]["email_verified"], true);
    let claims = token::claims(body["access_token"].as_str().unwrap());
    assert_eq!(claims["amr"], json!(["email"]));
    sign_in(&client(), &token).await.problem(401);
}

#[tokio::test]
async fn of_sign_ins_at_once_with_one_link_one_succeeds() {
    let person = person().await;
    let (client, token) = (client(), link(application(), &person.email, 1).await);
    let answers = join_all((0..4).map(|_| sign_in(&client, &token))).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.is_success()).count(),
        1
    );
}

#[tokio::test]
async fn a_link_is_good_for_a_quarter_of_an_hour() {
    let application = Setup::application().with_clock().start();
    let person = Person::sign_up(&application.client()).await;
    let late = link(&application, &person.email, 1).await;
    application.advance(Duration::from_secs(16 * 60));
    sign_in(&application.client(), &late).await.problem(401);
    let timely = link(&application, &person.email, 2).await;
    application.advance(Duration::from_secs(14 * 60));
    sign_in(&application.client(), &timely).await.expect(200);
}

#[tokio::test]
async fn nobody_learns_whether_there_is_an_account() {
    let known = person().await.email;
    let unknown = people::fresh_email();
    let ask = async |email: &str| client().post(SEND, &json!({"email": email})).await;
    says_the_same(&[ask(&known).await, ask(&unknown).await], 202);
    mail::to(&application().logs, &known, SUBJECT).await;
    assert_eq!(mail::count_to(&application().logs, &unknown, ""), 0);
}

#[tokio::test]
async fn who_took_the_victims_address_first_loses_password_and_sessions() {
    let thief = person().await;
    let again = Person::sign_in(&client(), &thief.email).await;
    let token = link(application(), &thief.email, 1).await;
    sign_in(&client(), &token).await.expect(200);
    for stolen in [&thief, &again] {
        stolen.client.get("/v1/auth/sessions").await.problem(401);
        let refresh = json!({"refresh_token": stolen.refresh_token});
        client()
            .post("/v1/auth/refresh", &refresh)
            .await
            .problem(401);
    }
    people::sign_in(&client(), &thief.email).await.problem(401);
}

#[tokio::test]
async fn who_has_a_proven_address_keeps_password_and_sessions() {
    let person = person().await.verified(application()).await;
    let token = link(application(), &person.email, 1).await;
    sign_in(&client(), &token).await.expect(200);
    person.client.get("/v1/auth/sessions").await.expect(200);
    people::sign_in(&client(), &person.email).await.expect(200);
}

#[tokio::test]
async fn who_has_no_password_any_more_may_choose_one_right_after_signing_in() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let email = Person::sign_up(&client).await.email;
    let body = sign_in(&client, &link(&application, &email, 1).await)
        .await
        .expect(200)
        .json();
    let person = client.with_token(body["access_token"].as_str().unwrap());
    application.advance(Duration::from_secs(11 * 60));
    let choose = json!({"password": PASSWORD});
    person.post("/v1/auth/password", &choose).await.problem(403);

    let body = sign_in(&client, &link(&application, &email, 2).await)
        .await
        .expect(200)
        .json();
    let person = client.with_token(body["access_token"].as_str().unwrap());
    person.post("/v1/auth/password", &choose).await.expect(204);
    people::sign_in(&client, &email).await.expect(200);
}
