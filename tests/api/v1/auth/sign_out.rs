//! `/v1/auth/sign-out`.

use selvedge_tests::people;
use serde_json::json;

use crate::{assert_needs_a_caller, client, person};

const SIGN_OUT: &str = "/v1/auth/sign-out";

#[tokio::test]
async fn signing_out_ends_the_session() {
    let person = person().await;
    let answer = person
        .client
        .request(http::Method::POST, SIGN_OUT)
        .await
        .expect(204);
    assert!(answer.body.is_empty());
    let refresh = json!({"refresh_token": person.refresh_token});
    client()
        .post("/v1/auth/refresh", &refresh)
        .await
        .problem(401);
    person.client.get("/v1/auth/sessions").await.problem(401);
    person
        .client
        .request(http::Method::POST, SIGN_OUT)
        .await
        .problem(401);
}

#[tokio::test]
async fn other_sessions_go_on() {
    let person = person().await;
    let other = selvedge_tests::Person::sign_in(&client(), &person.email).await;
    person
        .client
        .request(http::Method::POST, SIGN_OUT)
        .await
        .expect(204);
    other.client.get("/v1/auth/sessions").await.expect(200);
    client()
        .post(
            "/v1/auth/refresh",
            &json!({"refresh_token": other.refresh_token}),
        )
        .await
        .expect(200);
    people::sign_in(&client(), &person.email).await.expect(200);
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(POST SIGN_OUT);
}
