//! `/v1/auth/sign-up`.

use futures::future::join_all;
use selvedge_tests::people::{self, PASSWORD};
use serde_json::json;

use super::assert_signed_in;
use crate::client;

const SIGN_UP: &str = "/v1/auth/sign-up";

#[tokio::test]
async fn a_new_account_is_signed_in_at_once() {
    let email = people::fresh_email();
    let account = json!({"email": email, "password": PASSWORD, "name": " Ada "});
    let answer = client().post(SIGN_UP, &account).await.expect(201);
    let body = assert_signed_in(&answer);
    assert_eq!(
        (&body["user"]["email"], &body["user"]["name"]),
        (&json!(email), &json!("Ada"))
    );
    assert!(!answer.text().contains(PASSWORD) && !answer.text().contains("argon2"));
    let me = client()
        .with_token(body["access_token"].as_str().unwrap())
        .get("/v1/users/me")
        .await
        .expect(200);
    assert_eq!(me.json()["id"], body["user"]["id"]);
}

#[tokio::test]
async fn an_address_is_taken_whatever_its_case() {
    let email = people::fresh_email();
    people::sign_up(&client(), &email).await.expect(201);
    people::sign_up(&client(), &email).await.problem(409);
    people::sign_up(&client(), &email.to_uppercase())
        .await
        .problem(409);
}

#[tokio::test]
async fn of_sign_ups_at_once_with_one_address_one_succeeds() {
    let (client, email) = (client(), people::fresh_email());
    let answers = join_all((0..6).map(|_| people::sign_up(&client, &email))).await;
    let mut statuses: Vec<_> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let account = json!({"email": "nobody", "password": "short", "name": " "});
    assert_eq!(
        client().post(SIGN_UP, &account).await.problem(422).fields(),
        ["email", "password", "name"]
    );
}

#[tokio::test]
async fn what_is_missing_is_named() {
    client()
        .post(SIGN_UP, &json!({"email": "a@example.com"}))
        .await
        .problem(400);
    client()
        .post(SIGN_UP, &json!({"password": PASSWORD}))
        .await
        .problem(400);
}

#[tokio::test]
async fn an_address_has_one_at_and_a_domain() {
    for email in [
        "",
        "@",
        "a@",
        "@example.com",
        "a b@example.com",
        "a@b@example.com",
        "a@example",
        "a@exa mple.com",
        "a@example.com\r\nx: y",
        "é@example.com",
    ] {
        people::sign_up(&client(), email)
            .await
            .problem(422)
            .names("email");
    }
}

#[tokio::test]
async fn a_password_has_8_to_256_characters_of_any_kind() {
    let sign_up = async |password: &str| {
        client()
            .post(
                SIGN_UP,
                &json!({"email": people::fresh_email(), "password": password}),
            )
            .await
    };
    for password in ["", "1234567", "12345678", &"x".repeat(257)] {
        sign_up(password).await.problem(422).names("password");
    }
    for password in [
        "xk7vqpz2",
        "пароль-на-русском",
        "with spaces\tand\ncontrol\0characters",
    ] {
        sign_up(password).await.expect(201);
    }
}
