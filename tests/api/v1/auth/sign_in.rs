//! `/v1/auth/sign-in`.

use std::time::{Duration, Instant};

use selvedge_tests::{
    Setup,
    people::{self, PASSWORD},
    token,
};
use serde_json::json;

use super::assert_signed_in;
use crate::{admin, client, person};

const SIGN_IN: &str = "/v1/auth/sign-in";

#[tokio::test]
async fn the_right_password_signs_in() {
    let person = person().await;
    let answer = people::sign_in(&client(), &person.email).await.expect(200);
    assert_eq!(assert_signed_in(&answer)["user"]["id"], person.id.as_str());
}

#[tokio::test]
async fn an_address_is_compared_without_case() {
    let person = person().await;
    let answer = people::sign_in(&client(), &person.email.to_uppercase())
        .await
        .expect(200);
    assert_eq!(answer.json()["user"]["id"], person.id.as_str());
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_get_the_same_answer() {
    let person = person().await;
    let sign_in = async |email: &str, password: &str| {
        client()
            .post(SIGN_IN, &json!({"email": email, "password": password}))
            .await
    };
    let wrong = sign_in(&person.email, "not the password").await;
    let unknown = sign_in(&people::fresh_email(), PASSWORD).await;
    let nonsense = sign_in("not an address", "x").await;
    let says = |answer: &selvedge_tests::Answer| {
        answer.problem(401);
        let mut body = answer.json();
        body["request_id"].take();
        body
    };
    assert_eq!(says(&wrong), says(&unknown));
    assert_eq!(says(&wrong), says(&nonsense));
    let names =
        |answer: &selvedge_tests::Answer| answer.headers.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&wrong), names(&unknown));
}

#[tokio::test]
async fn an_unknown_account_takes_as_long_as_a_wrong_password() {
    // An application of its own, where nothing else is in the way, and the best of several tries of each.
    let application = Setup::application().start();
    let client = application.client();
    let person = selvedge_tests::Person::sign_up(&client).await;
    let mut fastest = [Duration::MAX; 2];
    for _ in 0..8 {
        for (email, fastest) in [person.email.clone(), people::fresh_email()]
            .into_iter()
            .zip(&mut fastest)
        {
            let started = Instant::now();
            client
                .post(
                    SIGN_IN,
                    &json!({"email": email, "password": "not the password"}),
                )
                .await
                .problem(401);
            *fastest = started.elapsed().min(*fastest);
        }
    }
    let [wrong, unknown] = fastest.map(|time| time.as_secs_f64());
    assert!(
        (0.5..2.0).contains(&(unknown / wrong)),
        "unknown {unknown} s, wrong {wrong} s"
    );
}

#[tokio::test]
async fn each_sign_in_is_a_session_of_its_own() {
    let person = person().await;
    let again = people::sign_in(&client(), &person.email)
        .await
        .expect(200)
        .json();
    let again = token::claims(again["access_token"].as_str().expect("there is a token"));
    assert_ne!(again["sid"], person.session());
}

#[tokio::test]
async fn whom_the_operator_names_is_administrator_and_nobody_else_is() {
    assert_eq!(
        token::claims(&admin().await.access_token)["roles"],
        json!(["admin"])
    );
    assert_eq!(
        token::claims(&person().await.access_token)["roles"],
        json!([])
    );
    let taken = people::sign_up(&client(), &people::ADMIN.to_uppercase()).await;
    taken.problem(409);
}
