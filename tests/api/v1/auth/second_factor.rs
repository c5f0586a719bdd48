//! `/v1/auth/second-factor`.

use std::time::Duration;

use futures::future::join_all;
use selvedge_tests::{
    Answer, Application, Person, Setup,
    authenticator::{Guarded, half_in, second_factor},
    people, token,
};
use serde_json::{Value, json};

use super::assert_signed_in;
use crate::{application, client, person};

const MINUTE: Duration = Duration::from_secs(60);

/// An application whose time the test moves, and somebody with an app in it.
async fn guarded() -> (Application, Guarded) {
    let application = Setup::application().with_clock().start();
    let person = Person::sign_up(&application.client()).await;
    let guarded = Guarded::new(&application, person).await;
    // The code that set the app up was taken.
    application.advance(MINUTE);
    (application, guarded)
}

async fn half(application: &Application, guarded: &Guarded) -> String {
    half_in(&people::sign_in(&application.client(), &guarded.person.email).await)
}

fn claims(answer: &Answer) -> Value {
    let body = assert_signed_in(answer);
    token::claims(body["access_token"].as_str().expect("a token is text"))
}

#[tokio::test]
async fn a_password_and_a_code_sign_in() {
    let (application, guarded) = guarded().await;
    let answer = people::sign_in(&application.client(), &guarded.person.email).await;
    let half = half_in(&answer);
    let asked = &answer.json()["second_factor"];
    assert_eq!(asked["methods"], json!(["totp", "recovery-code"]));
    assert!(asked["expires_at"].is_string());
    let code = json!({"code": guarded.app.code(application.now())});
    let answer = second_factor(&application.client(), &half, &code).await;
    let claims = claims(&answer.expect(200));
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(claims["acr"], "aal2");
}

#[tokio::test]
async fn a_recovery_code_signs_in_once_however_it_is_typed() {
    let (application, guarded) = guarded().await;
    let client = application.client();
    let typed = guarded.recovery_codes[3].to_uppercase().replace('-', " ");
    let first = half(&application, &guarded).await;
    let answer = second_factor(&client, &first, &json!({"recovery_code": typed})).await;
    assert_eq!(
        claims(&answer.expect(200))["amr"],
        json!(["pwd", "recovery", "mfa"])
    );
    let second = half(&application, &guarded).await;
    let again = json!({"recovery_code": guarded.recovery_codes[3]});
    let refused = second_factor(&client, &second, &again).await;
    refused.problem(422).names("recovery_code");
}

#[tokio::test]
async fn no_code_is_good_twice() {
    let (application, guarded) = guarded().await;
    let client = application.client();
    let code = json!({"code": guarded.app.code(application.now())});
    let first = half(&application, &guarded).await;
    second_factor(&client, &first, &code).await.expect(200);
    let second = half(&application, &guarded).await;
    second_factor(&client, &second, &code).await.problem(422);
}

#[tokio::test]
async fn of_sign_ins_at_once_with_one_code_one_succeeds() {
    let (application, guarded) = guarded().await;
    let client = application.client();
    let mut halves = Vec::new();
    for _ in 0..4 {
        halves.push(half(&application, &guarded).await);
    }
    let won = |answers: Vec<Answer>| answers.iter().filter(|answer| answer.is_success()).count();
    let code = json!({"code": guarded.app.code(application.now())});
    let with = |proof| {
        let client = &client;
        join_all(
            halves
                .iter()
                .map(move |half| second_factor(client, half, proof)),
        )
    };
    assert_eq!(won(with(&code).await), 1);
    let code = json!({"recovery_code": guarded.recovery_codes[0]});
    assert_eq!(won(with(&code).await), 1);
}

#[tokio::test]
async fn of_sign_ins_at_once_with_one_token_one_succeeds() {
    let (application, guarded) = guarded().await;
    let client = application.client();
    let half = half(&application, &guarded).await;
    let proofs: Vec<_> = guarded.recovery_codes[..4]
        .iter()
        .map(|code| json!({"recovery_code": code}))
        .collect();
    let answers = join_all(
        proofs
            .iter()
            .map(|proof| second_factor(&client, &half, proof)),
    )
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Answer::is_success);
    assert_eq!(won.len(), 1);
    lost.iter().for_each(|answer| drop(answer.problem(401)));
    // What lost was not used up.
    let factors = Person::of_answer(&client, &guarded.person.email, &won[0]).client;
    let factors = factors.get("/v1/auth/factors").await.expect(200).json();
    assert_eq!(factors["recovery_codes_left"], 9);
}

#[tokio::test]
async fn the_token_of_the_first_factor_is_good_for_ten_minutes_and_for_nothing_else() {
    let (application, guarded) = guarded().await;
    let client = application.client();
    let half = half(&application, &guarded).await;
    let stolen = client.with_token(&half);
    stolen.get("/v1/auth/sessions").await.problem(401);
    client
        .post("/v1/auth/refresh", &json!({"refresh_token": half}))
        .await
        .problem(401);
    application.advance(11 * MINUTE);
    let code = json!({"code": guarded.app.code(application.now())});
    second_factor(&client, &half, &code).await.problem(401);
}

#[tokio::test]
async fn five_wrong_codes_use_the_token_up_and_make_further_codes_wait() {
    let (application, guarded) = guarded().await;
    let client = application.client();
    let first = half(&application, &guarded).await;
    let wrong = json!({"code": guarded.app.wrong_code(application.now())});
    for _ in 0..5 {
        second_factor(&client, &first, &wrong).await.problem(422);
    }
    let right = || json!({"code": guarded.app.code(application.now())});
    second_factor(&client, &first, &right()).await.problem(401);
    // A new token is no way around, another factor is.
    let second = half(&application, &guarded).await;
    let early = second_factor(&client, &second, &right()).await;
    early.problem(429);
    let wait: u64 = early
        .header("retry-after")
        .and_then(|seconds| seconds.parse().ok())
        .expect("it says how long to wait");
    assert!((1..=60).contains(&wait), "{wait}");
    let recovery = json!({"recovery_code": guarded.recovery_codes[0]});
    second_factor(&client, &second, &recovery).await.expect(200);
    application.advance(MINUTE);
    let third = half(&application, &guarded).await;
    second_factor(&client, &third, &right()).await.expect(200);
}

#[tokio::test]
async fn what_is_no_token_or_no_proof_is_refused() {
    let guarded = Guarded::new(application(), person().await).await;
    let client = client();
    let half = half(application(), &guarded).await;
    for proof in [
        json!({}),
        json!({"code": "123456", "recovery_code": "x"}),
        json!({"password": people::PASSWORD}),
    ] {
        second_factor(&client, &half, &proof).await.problem(400);
    }
    let recovery = json!({"recovery_code": guarded.recovery_codes[0]});
    for token in [
        "",
        "sf_",
        &guarded.person.refresh_token,
        &format!("{half} "),
    ] {
        second_factor(&client, token, &recovery).await.problem(401);
    }
    second_factor(&client, &half, &recovery).await.expect(200);
}

#[tokio::test]
async fn somebody_elses_code_is_wrong() {
    let (application, ada) = guarded().await;
    let client = application.client();
    let eve = Guarded::new(&application, Person::sign_up(&client).await).await;
    application.advance(MINUTE);
    let half = half(&application, &ada).await;
    for proof in [
        json!({"code": eve.app.code(application.now())}),
        json!({"recovery_code": eve.recovery_codes[0]}),
    ] {
        second_factor(&client, &half, &proof).await.problem(422);
    }
}
