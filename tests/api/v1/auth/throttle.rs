//! How fast passwords may be guessed at `/v1/auth/sign-in`.

use std::time::Duration;

use futures::future::join_all;
use selvedge_tests::{
    Answer, Application, Client, Person, Setup,
    people::{self, PASSWORD, fresh_email},
};
use serde_json::json;

const WRONG: &str = "not the password";
const FREE: usize = 10;

fn application() -> Application {
    Setup::application().with_clock().start()
}

async fn sign_in(client: &Client, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    client.post("/v1/auth/sign-in", &body).await
}

async fn sign_in_on(client: &Client, email: &str, password: &str, device: &str) -> Answer {
    let body = json!({"email": email, "password": password, "device_token": device});
    client.post("/v1/auth/sign-in", &body).await
}

/// As many wrong passwords as are free.
async fn lock(client: &Client, email: &str) {
    for _ in 0..FREE {
        sign_in(client, email, WRONG).await.problem(401);
    }
}

fn device(answer: &Answer) -> String {
    let body = answer.json();
    body["device_token"].as_str().expect("a device").to_owned()
}

/// What a refusal says besides for how long, which must be more than `least` seconds and at most `most`:
/// the clock goes on while the test does.
#[track_caller]
fn refused(answer: &Answer, least: u64, most: u64) -> serde_json::Value {
    answer.problem(429);
    let wait = answer
        .header("retry-after")
        .and_then(|wait| wait.parse().ok());
    let wait: u64 = wait.expect("it says when to come back");
    assert!(least < wait && wait <= most, "{wait} s");
    let mut body = answer.json();
    body["request_id"].take();
    body
}

#[tokio::test]
async fn ten_wrong_passwords_delay_the_next_one_and_the_right_one_too_however_it_is_spelt() {
    let application = application();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    lock(&client, &person.email).await;
    for (email, password) in [
        (person.email.clone(), WRONG),
        (person.email.clone(), PASSWORD),
        (person.email.to_uppercase(), PASSWORD),
    ] {
        refused(&sign_in(&client, &email, password).await, 0, 60);
    }
    application.advance(Duration::from_secs(60));
    sign_in(&client, &person.email, WRONG).await.problem(401);
    refused(&sign_in(&client, &person.email, WRONG).await, 60, 120);
    application.advance(Duration::from_secs(120));
    people::sign_in(&client, &person.email).await.expect(200);
    // What was wrong before is forgotten.
    sign_in(&client, &person.email, WRONG).await.problem(401);
    people::sign_in(&client, &person.email).await.expect(200);
}

#[tokio::test]
async fn an_address_without_an_account_is_delayed_in_the_same_way() {
    let application = application();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    let nobody = fresh_email();
    lock(&client, &person.email).await;
    lock(&client, &nobody).await;
    assert_eq!(
        refused(&sign_in(&client, &person.email, WRONG).await, 0, 60),
        refused(&sign_in(&client, &nobody, WRONG).await, 0, 60)
    );
}

#[tokio::test]
async fn nobody_elsewhere_delays_a_device_that_the_owner_signed_in_with() {
    let application = application();
    let client = application.client();
    let owner = people::sign_up(&client, "owner@example.com").await;
    let device = device(&owner.expect(201));
    let other = people::sign_up(&client, "other@example.com").await;
    let foreign = self::device(&other.expect(201));
    lock(&client, "owner@example.com").await;
    for made_up in [foreign.as_str(), "dv_x", ""] {
        let refused = sign_in_on(&client, "owner@example.com", PASSWORD, made_up).await;
        refused.problem(429);
    }
    for _ in 0..2 {
        let answer = sign_in_on(&client, "owner@example.com", PASSWORD, &device).await;
        answer.expect(200);
    }
    // Nor is a stolen device a way to guess for ever, or one to undo what others are delayed by.
    people::sign_in(&client, "owner@example.com")
        .await
        .problem(429);
    for _ in 0..FREE {
        let wrong = sign_in_on(&client, "owner@example.com", WRONG, &device).await;
        wrong.problem(401);
    }
    let refused = sign_in_on(&client, "owner@example.com", PASSWORD, &device).await;
    refused.problem(429);
}

#[tokio::test]
async fn twenty_wrong_passwords_at_once_are_no_more_guesses_than_one_after_another() {
    let application = application();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    let guess = || sign_in(&client, &person.email, WRONG);
    let answers = join_all((0..20).map(|_| guess())).await;
    let count = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    // A machine that is busy turns some away with 503 before they are counted.
    assert_eq!(count(401) + count(429) + count(503), 20);
    assert!((1..=FREE).contains(&count(401)), "{} guesses", count(401));
    assert_eq!(count(429) > 0, count(401) + count(429) > FREE);
}

#[tokio::test]
async fn delays_survive_a_restart() {
    let application = Setup::application().start();
    let email = fresh_email();
    lock(&application.client(), &email).await;
    let application = Setup::application().on(application.stop()).start();
    sign_in(&application.client(), &email, WRONG)
        .await
        .problem(429);
}
