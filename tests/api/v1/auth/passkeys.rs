//! `/v1/auth/passkeys` and what is below it.

use std::time::Duration;

use futures::future::join_all;
use selvedge_tests::{
    Answer, Client, Person, Setup,
    authenticator::{half_in, second_factor},
    mail,
    passkey::Device,
    people::{self, PASSWORD},
    token,
};
use serde_json::{Value, json};

use super::assert_signed_in;
use crate::{application, assert_needs_a_caller, client, person};

const PASSKEYS: &str = "/v1/auth/passkeys";
const OPTIONS: &str = "/v1/auth/passkeys/options";
const SIGN_IN: &str = "/v1/auth/passkeys/sign-in";
const SIGN_IN_OPTIONS: &str = "/v1/auth/passkeys/sign-in/options";
const MINUTE: Duration = Duration::from_secs(60);

async fn options(client: &Client, path: &str) -> Value {
    client.post(path, &json!({})).await.expect(200).json()
}

async fn register(person: &Person, device: &mut Device) -> Answer {
    let credential = device.create(&options(&person.client, OPTIONS).await);
    let body = json!({"name": "Telephone", "credential": credential});
    person.client.post(PASSKEYS, &body).await
}

async fn sign_in(client: &Client, credential: Value) -> Answer {
    let body = json!({"credential": credential});
    client.post(SIGN_IN, &body).await
}

/// Somebody with a passkey.
async fn holder() -> (Person, Device) {
    let (person, mut device) = (person().await, Device::new());
    register(&person, &mut device).await.expect(201);
    (person, device)
}

fn claims(answer: &Answer) -> Value {
    let body = assert_signed_in(answer);
    token::claims(body["access_token"].as_str().expect("a token is text"))
}

#[tokio::test]
async fn a_passkey_signs_in_alone() {
    let (person, mut device) = (person().await, Device::new());
    let registered = register(&person, &mut device).await.expect(201).json();
    assert_eq!(registered["name"], "Telephone");
    let codes = registered["recovery_codes"].as_array().map(Vec::len);
    assert_eq!(codes, Some(10), "of the first second factor");

    let options = options(&client(), SIGN_IN_OPTIONS).await;
    let answer = sign_in(&client(), device.get(&options)).await.expect(200);
    let claims = claims(&answer);
    assert_eq!(claims["sub"], person.id.as_str());
    assert_eq!(claims["amr"], json!(["pop", "mfa"]));
    assert_eq!(claims["acr"], "aal2");
}

#[tokio::test]
async fn a_passkey_is_a_second_factor() {
    let (person, mut device) = holder().await;
    let answer = people::sign_in(&client(), &person.email).await;
    let half = half_in(&answer);
    let methods = &answer.json()["second_factor"]["methods"];
    assert_eq!(methods, &json!(["passkey", "recovery-code"]));
    let path = "/v1/auth/second-factor/options";
    let options = client().post(path, &json!({"token": half})).await;
    let options = options.expect(200).json();
    let allowed = options["publicKey"]["allowCredentials"].as_array();
    assert_eq!(allowed.map(Vec::len), Some(1));
    // A touch is enough where a password was given.
    device.flags = 0x01;
    let proof = json!({"passkey": device.get(&options)});
    let answer = second_factor(&client(), &half, &proof).await.expect(200);
    assert_eq!(claims(&answer)["amr"], json!(["pwd", "pop", "mfa"]));
    second_factor(&client(), &half, &proof).await.problem(401);
}

#[tokio::test]
async fn a_passkey_proves_again_who_is_there() {
    let application = Setup::application().with_clock().start();
    let person = Person::sign_up(&application.client()).await;
    let mut device = Device::new();
    let id = register(&person, &mut device).await.expect(201).json()["id"].clone();
    let path = format!("{PASSKEYS}/{}", id.as_str().expect("an id is text"));
    application.advance(11 * MINUTE);
    person.client.delete(&path).await.problem(403);
    let options = options(&person.client, "/v1/auth/step-up/options").await;
    let proof = json!({"passkey": device.get(&options)});
    let step_up = |proof: Value| {
        let client = person.client.clone();
        async move { client.post("/v1/auth/step-up", &proof).await }
    };
    step_up(json!({"password": PASSWORD})).await.problem(422);
    step_up(proof.clone()).await.expect(200);
    step_up(proof).await.problem(422);
    person.client.delete(&path).await.expect(204);
    people::sign_in(&application.client(), &person.email)
        .await
        .expect(200);
}

#[tokio::test]
async fn passkeys_are_listed_renamed_and_removed_by_their_owner() {
    let (person, _) = holder().await;
    let list = person.client.get(PASSKEYS).await.expect(200).json();
    let passkey = &list["data"][0];
    assert_eq!(passkey["last_used_at"], Value::Null);
    let path = format!(
        "{PASSKEYS}/{}",
        passkey["id"].as_str().expect("it has an id")
    );
    let name = json!({"name": " Key ring "});
    let stranger = crate::person().await.client;
    stranger.patch(&path, &name).await.problem(404);
    stranger.delete(&path).await.problem(404);
    let renamed = person.client.patch(&path, &name).await.expect(200).json();
    assert_eq!(renamed["name"], "Key ring");
    let empty = person.client.patch(&path, &json!({"name": ""})).await;
    empty.problem(422).names("name");
    person.client.delete(&path).await.expect(204);
    let list = person.client.get(PASSKEYS).await.expect(200).json();
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn the_owner_is_told_of_a_new_passkey() {
    let person = person().await.verified(application()).await;
    register(&person, &mut Device::new()).await.expect(201);
    mail::to(
        &application().logs,
        &person.email,
        "Selvedge: A way to sign in was added",
    )
    .await;
}

#[tokio::test]
async fn a_challenge_is_answered_once_in_five_minutes_and_for_its_purpose() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    let mut device = Device::new();
    let to_register = options(&person.client, OPTIONS).await;
    let body = json!({"name": "Telephone", "credential": device.create(&to_register)});
    let other = Person::sign_up(&client).await.client;
    other.post(PASSKEYS, &body).await.problem(422);
    person.client.post(PASSKEYS, &body).await.expect(201);
    person.client.post(PASSKEYS, &body).await.problem(422);

    let to_sign_in = options(&client, SIGN_IN_OPTIONS).await;
    application.advance(6 * MINUTE);
    sign_in(&client, device.get(&to_sign_in)).await.problem(422);
    let to_prove = options(&person.client, "/v1/auth/step-up/options").await;
    sign_in(&client, device.get(&to_prove)).await.problem(422);
    let to_sign_in = options(&client, SIGN_IN_OPTIONS).await;
    let credential = device.get(&to_sign_in);
    let answers = join_all((0..4).map(|_| sign_in(&client, credential.clone()))).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.is_success()).count(),
        1
    );
}

#[tokio::test]
async fn what_was_signed_elsewhere_by_nobody_or_by_a_copy_is_refused() {
    let (_, mut device) = holder().await;
    let lies: [fn(&mut Device); 4] = [
        |device| device.origin = "http://localhost.evil.example:3000".to_owned(),
        |device| device.flags = 0x01,
        |device| device.flags = 0x04,
        |device| device.count = 0,
    ];
    let to_sign_in = options(&client(), SIGN_IN_OPTIONS).await;
    device.count = 7;
    sign_in(&client(), device.get(&to_sign_in))
        .await
        .expect(200);
    for (index, lie) in lies.into_iter().enumerate() {
        let (origin, count, flags) = (device.origin.clone(), device.count, device.flags);
        lie(&mut device);
        let to_sign_in = options(&client(), SIGN_IN_OPTIONS).await;
        let answer = sign_in(&client(), device.get(&to_sign_in)).await;
        assert_eq!(answer.status, 422, "{index}");
        answer.problem(422);
        (device.origin, device.count, device.flags) = (origin, count, flags);
    }
    let to_sign_in = options(&client(), SIGN_IN_OPTIONS).await;
    sign_in(&client(), device.get(&to_sign_in))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_key_that_nobody_registered_gets_the_answer_of_a_wrong_one() {
    let (_, mut known) = holder().await;
    let mut stranger = Device::new();
    let to_sign_in = options(&client(), SIGN_IN_OPTIONS).await;
    let unknown = sign_in(&client(), stranger.get(&to_sign_in)).await;
    known.flags = 0x01;
    let to_sign_in = options(&client(), SIGN_IN_OPTIONS).await;
    let wrong = sign_in(&client(), known.get(&to_sign_in)).await;
    assert_eq!(unknown.problem(422).detail(), wrong.problem(422).detail());
}

#[tokio::test]
async fn it_takes_a_caller() {
    let one = format!("{PASSKEYS}/psk_01h455vb4pex5vsknk084sn02q");
    assert_needs_a_caller!(
        GET PASSKEYS, POST PASSKEYS, POST OPTIONS, PATCH one, DELETE one,
        POST "/v1/auth/step-up/options",
    );
}

#[tokio::test]
async fn a_passkey_of_who_took_the_victims_address_first_goes_when_the_victim_proves_it() {
    let (thief, mut device) = holder().await;
    let wish = json!({"email": thief.email});
    client()
        .post("/v1/auth/magic-link", &wish)
        .await
        .expect(202);
    let link = mail::to(&application().logs, &thief.email, "Sign in to").await;
    let follow = json!({"token": link.token()});
    let victim = client().post("/v1/auth/magic-link/sign-in", &follow).await;
    // Tokens at once: the thief's passkey is no second factor of the victim's.
    assert_eq!(claims(&victim.expect(200))["sub"], thief.id.as_str());
    let options = options(&client(), SIGN_IN_OPTIONS).await;
    sign_in(&client(), device.get(&options)).await.problem(422);
}
