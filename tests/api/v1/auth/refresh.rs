//! `/v1/auth/refresh`.

use std::time::Duration;

use futures::future::join_all;
use selvedge_tests::{Answer, Client, Person, Setup, mail, people};
use serde_json::json;

use super::{assert_signed_in, audited};
use crate::{client, person};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// For how long a token that was exchanged may be shown once more.
const GRACE: Duration = Duration::from_secs(10);

async fn refresh(client: &Client, refresh_token: &str) -> Answer {
    client
        .post("/v1/auth/refresh", &json!({"refresh_token": refresh_token}))
        .await
}

/// The refresh token in an answer that goes on with a session.
#[track_caller]
fn successor(answer: &Answer) -> String {
    let token = assert_signed_in(answer)["refresh_token"].clone();
    token.as_str().expect("a token is text").to_owned()
}

#[tokio::test]
async fn a_refresh_token_is_good_for_a_new_pair_of_the_same_session() {
    let person = person().await;
    let answer = refresh(&client(), &person.refresh_token).await.expect(200);
    let body = assert_signed_in(&answer);
    assert_eq!(body["user"]["id"], person.id.as_str());
    assert_ne!(body["refresh_token"], person.refresh_token.as_str());
    assert_ne!(body["access_token"], person.access_token.as_str());
    let claims =
        selvedge_tests::token::claims(body["access_token"].as_str().expect("a token is text"));
    assert_eq!(claims["sid"], person.session());
}

#[tokio::test]
async fn each_refresh_token_is_good_for_the_next() {
    let person = person().await;
    let mut token = person.refresh_token;
    for _ in 0..4 {
        let body = refresh(&client(), &token).await.expect(200).json();
        token = body["refresh_token"]
            .as_str()
            .expect("a token is text")
            .to_owned();
    }
}

#[tokio::test]
async fn a_refresh_token_that_is_used_again_ends_the_session() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let person = Person::sign_up(&client).await.verified(&application).await;
    let successor = successor(&refresh(&client, &person.refresh_token).await);
    application.advance(GRACE);
    refresh(&client, &person.refresh_token).await.problem(401);
    mail::to(
        &application.logs,
        &person.email,
        "Selvedge: A session was ended",
    )
    .await;
    refresh(&client, &successor).await.problem(401);
    person.client.get("/v1/auth/sessions").await.problem(401);
    assert_eq!(
        audited(&application, "refresh-reused"),
        [Some(person.session())]
    );
    // Only that session: its owner signs in again.
    people::sign_in(&client, &person.email).await.expect(200);
}

#[tokio::test]
async fn two_tabs_may_refresh_at_once_and_each_goes_on() {
    let person = person().await;
    let client = client();
    let answers = join_all((0..6).map(|_| refresh(&client, &person.refresh_token))).await;
    let mut successors: Vec<_> = answers.iter().map(successor).collect();
    let last = successors[5].clone();
    successors.sort_unstable();
    successors.dedup();
    assert_eq!(successors.len(), 6, "each tab has a token of its own");
    refresh(&client, &last).await.expect(200);
    person.client.get("/v1/auth/sessions").await.expect(200);
}

#[tokio::test]
async fn of_two_successors_of_one_token_the_one_not_used_is_a_copy_in_the_end() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    let owner = successor(&refresh(&client, &person.refresh_token).await);
    application.advance(GRACE - SECOND);
    let thief = successor(&refresh(&client, &person.refresh_token).await);
    // The second of grace that is left is counted from the first exchange.
    application.advance(SECOND);
    let owner = successor(&refresh(&client, &owner).await);
    application.advance(GRACE);
    refresh(&client, &thief).await.problem(401);
    refresh(&client, &owner).await.problem(401);
    assert_eq!(
        audited(&application, "refresh-reused"),
        [Some(person.session())]
    );
}

#[tokio::test]
async fn a_token_two_exchanges_old_ends_the_session_however_fast_it_comes() {
    let person = person().await;
    let second = successor(&refresh(&client(), &person.refresh_token).await);
    let third = successor(&refresh(&client(), &second).await);
    refresh(&client(), &person.refresh_token).await.problem(401);
    refresh(&client(), &third).await.problem(401);
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_for_a_month() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    application.advance(29 * DAY);
    let next = successor(&refresh(&client, &person.refresh_token).await);
    application.advance(31 * DAY);
    refresh(&client, &next).await.problem(401);
}

#[tokio::test]
async fn a_session_ends_after_ninety_days_however_busy_it_is() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let mut token = Person::sign_up(&client).await.refresh_token;
    for _ in 0..4 {
        application.advance(20 * DAY);
        token = successor(&refresh(&client, &token).await);
    }
    application.advance(10 * DAY);
    refresh(&client, &token).await.problem(401);
}

#[tokio::test]
async fn an_access_token_that_is_not_good_does_not_keep_anybody_from_a_new_one() {
    let person = person().await;
    let damaged = selvedge_tests::token::damaged(&person.access_token);
    for token in [damaged.as_str(), "nonsense", "a b"] {
        let client = client().with_token(token);
        people::sign_in(&client, &person.email).await.expect(200);
        people::sign_up(&client, &people::fresh_email())
            .await
            .expect(201);
        refresh(&client, "rt_x").await.problem(401);
        // Anywhere else one learns that it is not good.
        for path in [
            "/v1/auth/sessions",
            "/v1/auth/sign-in/",
            "/v1/billing/plans",
        ] {
            client.get(path).await.problem(401);
        }
    }
    let client = client().with_token(&damaged);
    refresh(&client, &person.refresh_token).await.expect(200);
}

#[tokio::test]
async fn another_token_is_refused() {
    let person = person().await;
    for token in [
        "",
        "rt_",
        "rt_x",
        "x",
        &person.access_token,
        &person.refresh_token.to_uppercase(),
        &format!("{} ", person.refresh_token),
    ] {
        refresh(&client(), token).await.problem(401);
    }
    refresh(&client(), &person.refresh_token).await.expect(200);
}

#[tokio::test]
async fn the_database_holds_no_refresh_token() {
    let person = person().await;
    let secret = person.refresh_token.trim_start_matches("rt_").to_owned();
    let state = crate::application().state().join("sqlite");
    for file in std::fs::read_dir(state).expect("there are databases") {
        let bytes = std::fs::read(file.expect("it can be listed").path()).expect("it can be read");
        let holds = |needle: &str| {
            bytes
                .windows(needle.len())
                .any(|window| window == needle.as_bytes())
        };
        assert!(!holds(&secret) && !holds(people::PASSWORD));
    }
}
