//! `/v1/auth/password/forgot` and `/v1/auth/password/reset`.

use std::time::Duration;

use futures::future::join_all;
use selvedge_tests::{
    Answer, Client, Person, Setup, mail,
    people::{self, PASSWORD},
};
use serde_json::json;

use crate::{application, client, person, v1::auth::says_the_same};

const FORGOT: &str = "/v1/auth/password/forgot";
const RESET: &str = "/v1/auth/password/reset";
const SUBJECT: &str = "Choose a new password";
const NEW: &str = "a quite different phrase";
const MINUTE: Duration = Duration::from_secs(60);

async fn forgot(client: &Client, email: &str) -> Answer {
    client.post(FORGOT, &json!({"email": email})).await
}

async fn link(person: &Person) -> String {
    forgot(&client(), &person.email).await.expect(202);
    mail::to(&application().logs, &person.email, SUBJECT)
        .await
        .token()
}

async fn reset(client: &Client, token: &str, password: &str) -> Answer {
    client
        .post(RESET, &json!({"token": token, "password": password}))
        .await
}

async fn sign_in(client: &Client, email: &str, password: &str) -> Answer {
    client
        .post(
            "/v1/auth/sign-in",
            &json!({"email": email, "password": password}),
        )
        .await
}

#[tokio::test]
async fn a_mailed_link_is_good_for_a_new_password_which_ends_every_session() {
    let person = person().await.verified(application()).await;
    let token = link(&person).await;
    person.client.get("/v1/auth/sessions").await.expect(200);
    reset(&client(), &token, NEW).await.expect(204);

    person.client.get("/v1/auth/sessions").await.problem(401);
    let refresh = json!({"refresh_token": person.refresh_token});
    client()
        .post("/v1/auth/refresh", &refresh)
        .await
        .problem(401);
    sign_in(&client(), &person.email, PASSWORD)
        .await
        .problem(401);
    sign_in(&client(), &person.email, NEW).await.expect(200);
    let notice = mail::to(
        &application().logs,
        &person.email,
        "Selvedge: Your password was changed",
    );
    assert!(notice.await.text.contains("127.0.0.1"));
}

#[tokio::test]
async fn a_link_works_once_and_takes_every_other_link_with_it() {
    let person = person().await;
    let first = link(&person).await;
    forgot(&client(), &person.email).await.expect(202);
    let second = mail::nth_to(&application().logs, 2, &person.email, SUBJECT)
        .await
        .token();
    reset(&client(), &second, NEW).await.expect(204);
    for token in [&first, &second] {
        reset(&client(), token, "yet another phrase")
            .await
            .problem(422);
    }
}

#[tokio::test]
async fn of_resets_at_once_with_one_link_one_succeeds() {
    let person = person().await;
    let (client, token) = (client(), link(&person).await);
    let answers = join_all((0..4).map(|_| reset(&client, &token, NEW))).await;
    let successes = answers.iter().filter(|answer| answer.is_success());
    assert_eq!(successes.count(), 1);
}

#[tokio::test]
async fn a_password_that_is_refused_does_not_use_the_link_up() {
    let person = person().await;
    let token = link(&person).await;
    for password in ["short", "password", &person.email] {
        reset(&client(), &token, password)
            .await
            .problem(422)
            .names("password");
    }
    reset(&client(), &token, NEW).await.expect(204);
}

#[tokio::test]
async fn a_link_is_good_for_half_an_hour() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    forgot(&client, &person.email).await.expect(202);
    let token = mail::to(&application.logs, &person.email, SUBJECT)
        .await
        .token();
    application.advance(31 * MINUTE);
    reset(&client, &token, NEW).await.problem(422);
    forgot(&client, &person.email).await.expect(202);
    let token = mail::nth_to(&application.logs, 2, &person.email, SUBJECT)
        .await
        .token();
    application.advance(29 * MINUTE);
    reset(&client, &token, NEW).await.expect(204);
}

#[tokio::test]
async fn nobody_learns_whether_there_is_an_account() {
    let known = person().await.email;
    let unknown = people::fresh_email();
    let answers = [
        forgot(&client(), &known).await,
        forgot(&client(), &unknown).await,
    ];
    says_the_same(&answers, 202);
    mail::to(&application().logs, &known, SUBJECT).await;
    assert_eq!(mail::count_to(&application().logs, &unknown, ""), 0);
    forgot(&client(), "nobody")
        .await
        .problem(422)
        .names("email");
}

#[tokio::test]
async fn a_link_is_for_nothing_else() {
    let person = person().await;
    let token = json!({"token": link(&person).await});
    client()
        .post("/v1/auth/magic-link/sign-in", &token)
        .await
        .problem(401);
    person
        .client
        .post("/v1/auth/email/verify", &token)
        .await
        .problem(422);
    reset(&client(), "pr_x", NEW).await.problem(422);
    reset(&client(), token["token"].as_str().unwrap(), NEW)
        .await
        .expect(204);
}

#[tokio::test]
async fn who_takes_the_victims_address_first_loses_all_when_the_victim_proves_it() {
    // The thief signs up with the victim's address, and stays signed in.
    let thief = person().await;
    let token = link(&thief).await;
    reset(&client(), &token, NEW).await.expect(204);
    thief.client.get("/v1/auth/sessions").await.problem(401);
    sign_in(&client(), &thief.email, PASSWORD)
        .await
        .problem(401);
    let victim = sign_in(&client(), &thief.email, NEW)
        .await
        .expect(200)
        .json();
    assert_eq!(victim["user"]["email_verified"], true);
}
