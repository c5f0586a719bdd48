//! `/v1/auth/totp`, `/v1/auth/totp/confirm`, `/v1/auth/recovery-codes` and `/v1/auth/factors`.

use std::time::Duration;

use futures::future::join_all;
use selvedge_tests::{
    Answer, Person, Setup,
    authenticator::{App, Guarded, half_in},
    mail, people, token,
};
use serde_json::json;

use crate::{application, assert_needs_a_caller, client, person};

const TOTP: &str = "/v1/auth/totp";
const CONFIRM: &str = "/v1/auth/totp/confirm";
const CODES: &str = "/v1/auth/recovery-codes";
const FACTORS: &str = "/v1/auth/factors";
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_app_is_set_up_by_text_by_uri_or_by_camera() {
    let person = person().await;
    let begun = person.client.post(TOTP, &json!({})).await.expect(200);
    assert_eq!(begun.header("cache-control"), Some("no-store"));
    let begun = begun.json();
    let secret = begun["secret"].as_str().expect("a secret is text");
    assert_eq!(secret.len(), 32);
    let uri = begun["uri"].as_str().expect("a URI is text");
    let address = person.email.replace('@', "%40");
    assert!(uri.starts_with(&format!(
        "otpauth://totp/Selvedge:{address}?secret={secret}&"
    )));
    let picture = begun["qr_svg"].as_str().expect("a picture is text");
    assert!(picture.contains("<svg") && !picture.contains(secret));
}

#[tokio::test]
async fn an_app_is_in_use_once_it_showed_a_right_code() {
    let person = person().await;
    let begun = person.client.post(TOTP, &json!({})).await.expect(200);
    let app = App::new(begun.json()["secret"].as_str().expect("a secret is text"));
    let now = application().now();
    let confirm = async |code: String| person.client.post(CONFIRM, &json!({"code": code})).await;
    confirm(app.wrong_code(now))
        .await
        .problem(422)
        .names("code");
    people::sign_in(&client(), &person.email).await.expect(200);

    let confirmed = confirm(app.code(now)).await.expect(200).json();
    let codes = confirmed["recovery_codes"].as_array().map(Vec::len);
    assert_eq!(codes, Some(10));
    half_in(&people::sign_in(&client(), &person.email).await);
    // It is in use: neither confirmed again, nor replaced by whoever finds an open session.
    confirm(app.code(now)).await.problem(409);
    person.client.post(TOTP, &json!({})).await.problem(409);
    let factors = person.client.get(FACTORS).await.expect(200).json();
    assert_eq!(
        factors,
        json!({"methods": ["totp", "recovery-code"], "recovery_codes_left": 10})
    );
}

#[tokio::test]
async fn an_app_that_was_not_confirmed_in_a_quarter_of_an_hour_is_begun_anew() {
    let application = Setup::application().with_clock().start();
    let person = Person::sign_up(&application.client()).await;
    let begun = person.client.post(TOTP, &json!({})).await.expect(200);
    let app = App::new(begun.json()["secret"].as_str().expect("a secret is text"));
    application.advance(16 * MINUTE);
    let person = Person::sign_in(&application.client(), &person.email).await;
    let code = json!({"code": app.code(application.now())});
    person.client.post(CONFIRM, &code).await.problem(409);
    Guarded::new(&application, person).await;
}

#[tokio::test]
async fn of_two_confirmations_at_once_one_succeeds() {
    let person = person().await;
    let begun = person.client.post(TOTP, &json!({})).await.expect(200);
    let app = App::new(begun.json()["secret"].as_str().expect("a secret is text"));
    let code = json!({"code": app.code(application().now())});
    let answers =
        join_all((0..4).map(|_| async { person.client.post(CONFIRM, &code).await })).await;
    let won = answers.iter().filter(|answer| answer.is_success()).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn the_session_that_set_an_app_up_counts_as_proven_by_it() {
    let guarded = Guarded::new(application(), person().await).await;
    let refresh = json!({"refresh_token": guarded.person.refresh_token});
    let body = client().post("/v1/auth/refresh", &refresh).await;
    let body = body.expect(200).json();
    let claims = token::claims(body["access_token"].as_str().expect("a token is text"));
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(claims["acr"], "aal2");
}

#[tokio::test]
async fn the_owner_is_told_when_an_app_is_added_and_when_it_is_removed() {
    let person = person().await.verified(application()).await;
    let guarded = Guarded::new(application(), person).await;
    let logs = &application().logs;
    mail::to(
        logs,
        &guarded.person.email,
        "Selvedge: A way to sign in was added",
    )
    .await;
    guarded.person.client.delete(TOTP).await.expect(204);
    mail::to(
        logs,
        &guarded.person.email,
        "Selvedge: A way to sign in was removed",
    )
    .await;
}

#[tokio::test]
async fn an_app_that_was_removed_is_not_asked_for() {
    let guarded = Guarded::new(application(), person().await).await;
    let client = &guarded.person.client;
    client.delete(TOTP).await.expect(204);
    client.delete(TOTP).await.problem(404);
    people::sign_in(&client.anonymous(), &guarded.person.email)
        .await
        .expect(200);
    let factors = client.get(FACTORS).await.expect(200).json();
    assert_eq!(factors, json!({"methods": [], "recovery_codes_left": 0}));
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old() {
    let guarded = Guarded::new(application(), person().await).await;
    let client = &guarded.person.client;
    let replaced = client.post(CODES, &json!({})).await.expect(200).json();
    let new: Vec<String> =
        serde_json::from_value(replaced["recovery_codes"].clone()).expect("codes are texts");
    assert_eq!(new.len(), 10);
    let step_up = async |code: &str| -> Answer {
        client
            .post("/v1/auth/step-up", &json!({"recovery_code": code}))
            .await
    };
    step_up(&guarded.recovery_codes[0]).await.problem(422);
    step_up(&new[0]).await.expect(200);
}

#[tokio::test]
async fn there_are_no_recovery_codes_without_a_factor_that_they_stand_in_for() {
    person()
        .await
        .client
        .post(CODES, &json!({}))
        .await
        .problem(409);
}

#[tokio::test]
async fn the_database_holds_no_recovery_code_and_with_a_key_no_secret() {
    let application = Setup::application()
        .variable(
            "encryption_key",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        )
        .start();
    let person = Person::sign_up(&application.client()).await;
    let guarded = Guarded::new(&application, person).await;
    let answer = people::sign_in(&application.client(), &guarded.person.email).await;
    half_in(&answer);
    let code = guarded.recovery_codes[0].clone();
    let secrets = [
        guarded.app.secret().to_vec(),
        code.replace('-', "").into_bytes(),
        code.into_bytes(),
    ];
    for file in std::fs::read_dir(application.state().join("sqlite")).expect("there are databases")
    {
        let bytes = std::fs::read(file.expect("it can be listed").path()).expect("it can be read");
        for secret in &secrets {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(POST TOTP, POST CONFIRM, DELETE TOTP, POST CODES, GET FACTORS);
}
