//! `/v1/auth/refresh`.

use futures::future::join_all;
use selvedge_tests::{Answer, Client, people};
use serde_json::json;

use super::assert_signed_in;
use crate::{client, person};

async fn refresh(client: &Client, refresh_token: &str) -> Answer {
    client
        .post("/v1/auth/refresh", &json!({"refresh_token": refresh_token}))
        .await
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
    let person = person().await;
    let body = refresh(&client(), &person.refresh_token)
        .await
        .expect(200)
        .json();
    let successor = body["refresh_token"].as_str().expect("a token is text");
    refresh(&client(), &person.refresh_token).await.problem(401);
    refresh(&client(), successor).await.problem(401);
    person.client.get("/v1/auth/sessions").await.problem(401);
    // Only that session: its owner signs in again.
    people::sign_in(&client(), &person.email).await.expect(200);
}

#[tokio::test]
async fn of_refreshes_at_once_with_one_token_one_succeeds_at_most() {
    let person = person().await;
    let client = client();
    let answers = join_all((0..6).map(|_| refresh(&client, &person.refresh_token))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Answer::is_success);
    assert!(won.len() <= 1, "{} were given tokens", won.len());
    lost.iter().for_each(|answer| drop(answer.problem(401)));
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
