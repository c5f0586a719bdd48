//! Who one is, attacked: by those who come at once, who stop midway, and who ask again and again.

use std::time::Duration;

use futures::future::{join, join_all};
use selvedge_tests::{
    Answer, Application, Client, Person, Setup,
    authenticator::{Guarded, half_in, second_factor},
    mail, people,
};
use serde_json::{Value, json};

use crate::{application, client};

/// Somebody who signed up with an address that is not theirs, and what its owner was mailed, who proves it with that.
async fn thief_and_link() -> (Person, Value) {
    let thief = Person::sign_up(&client()).await;
    let wish = json!({"email": thief.email});
    let asked = client().post("/v1/auth/magic-link", &wish).await;
    asked.expect(202);
    let link = mail::to(&application().logs, &thief.email, "Sign in to").await;
    (thief, json!({"token": link.token()}))
}

/// Follows the link once `began` did, while `goes_on` goes on until it is refused.
async fn follow<T>(
    link: &Value,
    began: impl Future,
    goes_on: impl Future<Output = T>,
) -> (Answer, T) {
    let follow = async {
        began.await;
        client().post("/v1/auth/magic-link/sign-in", link).await
    };
    join(follow, goes_on).await
}

#[tokio::test]
async fn no_sign_in_that_began_before_outlives_the_owner_who_shows_everybody_out() {
    let (thief, link) = thief_and_link().await;
    let client = client();
    let sign_in = async || people::sign_in(&client, &thief.email).await;
    let again_and_again = async || {
        let mut sessions = Vec::new();
        loop {
            let answer = sign_in().await;
            match answer.status.as_u16() {
                200 => sessions.push(answer.json()["refresh_token"].clone()),
                // The machine is busy.
                503 => {}
                _ => {
                    answer.problem(401);
                    break sessions;
                }
            }
        }
    };
    let thieves = join_all((0..6).map(|_| again_and_again()));
    let (owner, sessions) = follow(&link, sign_in(), thieves).await;
    owner.expect(200);
    for session in sessions.concat() {
        let refresh = json!({"refresh_token": session});
        client.post("/v1/auth/refresh", &refresh).await.problem(401);
    }
}

#[tokio::test]
async fn no_key_is_left_behind_by_who_is_shown_out_at_the_same_time() {
    let (thief, link) = thief_and_link().await;
    let create = async || {
        let key = json!({"name": "A program", "scopes": ["users:read"]});
        thief.client.post("/v1/auth/api-keys", &key).await
    };
    let again_and_again = async || while create().await.status == 201 {};
    let thieves = join_all((0..6).map(|_| again_and_again()));
    let (owner, _) = follow(&link, create(), thieves).await;
    let owner = Person::of_answer(&client(), &thief.email, &owner.expect(200));
    let left = owner.client.get("/v1/auth/api-keys").await.expect(200);
    assert_eq!(left.json()["data"], json!([]));
}

fn behind_a_proxy() -> Application {
    let setup = Setup::application().edited(|manifest| {
        let settings = manifest["application"]["tool"]["selvedge"].as_table_mut();
        let settings = settings.expect("it is a table");
        settings.insert("trusted_proxies".into(), vec!["127.0.0.1"].into());
    });
    setup.with_clock().start()
}

/// Fills the one bucket that holds a single thing, which is forgotten after so many milliseconds.
fn fill(application: &Application, leak: u32) {
    let database = rusqlite::Connection::open(application.state().join("sqlite/auth.db"));
    let database = database.expect("auth has a database");
    let fill = "UPDATE throttles SET empty_at = last_at + 1000 * ?1 WHERE empty_at - last_at = ?1";
    assert_eq!(database.execute(fill, [leak]).expect("it is filled"), 1);
}

async fn sign_up_from(client: &Client, ip: &str) -> Answer {
    let body = json!({"email": people::fresh_email(), "password": people::PASSWORD});
    let request = client.post("/v1/auth/sign-up", &body);
    request.header("x-forwarded-for", ip).await
}

#[tokio::test]
async fn a_network_signs_so_many_people_up_and_no_more() {
    let application = behind_a_proxy();
    let client = application.client();
    sign_up_from(&client, "192.0.2.1").await.expect(201);
    fill(&application, 10_000);
    sign_up_from(&client, "192.0.2.1").await.problem(429);
    sign_up_from(&client, "192.0.2.2").await.expect(201);
}

#[tokio::test]
async fn who_is_signed_in_has_so_many_strangers_mailed_and_no_more() {
    let application = behind_a_proxy();
    let person = Person::sign_up(&application.client()).await;
    let ask = async |ip: &str| {
        let body = json!({"email": people::fresh_email(), "current_password": people::PASSWORD});
        let request = person.client.post("/v1/auth/email", &body);
        request.header("x-forwarded-for", ip).await
    };
    ask("192.0.2.1").await.expect(202);
    fill(&application, 30_000);
    ask("192.0.2.1").await.problem(429);
    ask("192.0.2.2").await.expect(202);
}

#[tokio::test]
async fn junk_in_the_place_of_passkeys_fills_the_audit_no_faster_than_a_network_may_ask() {
    let application = behind_a_proxy();
    let client = application.client();
    let response = json!({"clientDataJSON": "", "authenticatorData": "", "signature": ""});
    let junk = json!({"credential": {"rawId": "", "response": response}});
    let send = async |ip: &str| {
        let request = client.post("/v1/auth/passkeys/sign-in", &junk);
        request.header("x-forwarded-for", ip).await
    };
    send("192.0.2.1").await.problem(422);
    fill(&application, 1_000);
    send("192.0.2.1").await.problem(429);
    send("192.0.2.2").await.problem(422);
}

fn device(answer: &Answer) -> Value {
    answer.json()["device_token"].clone()
}

#[tokio::test]
async fn who_guesses_codes_elsewhere_keeps_nobody_out_of_their_session_or_device() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let email = people::fresh_email();
    let signed_up = people::sign_up(&client, &email).await.expect(201);
    let person = Person::of_answer(&client, &email, &signed_up);
    let guarded = Guarded::new(&application, person).await;
    application.advance(Duration::from_secs(30));
    let half = async || half_in(&people::sign_in(&client, &email).await);
    let code = || guarded.app.code(application.now());
    let token = half().await;
    let wrong = json!({"code": guarded.app.wrong_code(application.now())});
    for _ in 0..5 {
        second_factor(&client, &token, &wrong).await.problem(422);
    }
    let token = half().await;
    let elsewhere = second_factor(&client, &token, &json!({"code": code()})).await;
    elsewhere.problem(429);
    let step_up = json!({"code": code()});
    let session = &guarded.person.client;
    session.post("/v1/auth/step-up", &step_up).await.expect(200);
    application.advance(Duration::from_secs(30));
    for foreign in [json!("dv_x"), Value::Null] {
        let body = json!({"code": code(), "device_token": foreign});
        second_factor(&client, &token, &body).await.problem(429);
    }
    let body = json!({"code": code(), "device_token": device(&signed_up)});
    second_factor(&client, &token, &body).await.expect(200);
}

#[tokio::test]
async fn who_has_somebody_mailed_until_there_is_no_mail_keeps_it_from_no_device_of_theirs() {
    let application = Setup::application().start();
    let (client, logs) = (application.client(), &application.logs);
    let email = people::fresh_email();
    let signed_up = people::sign_up(&client, &email).await.expect(201);
    let stranger = people::sign_up(&client, &people::fresh_email()).await;
    let ask = async |device: Value| {
        let body = json!({"email": email, "device_token": device});
        let asked = client.post("/v1/auth/magic-link", &body).await;
        asked.expect(202);
    };
    // The link that proves the address was the first of five an hour.
    for _ in 0..6 {
        ask(device(&stranger)).await;
    }
    mail::nth_to(logs, 4, &email, "Sign in to").await;
    // Nor does who signed up with the address have more mailed there, until it is proven.
    ask(device(&signed_up)).await;
    let person = Person::of_answer(&client, &email, &signed_up);
    person.verified(&application).await;
    ask(device(&signed_up)).await;
    mail::nth_to(logs, 5, &email, "Sign in to").await;
    assert_eq!(mail::count_to(logs, &email, "Sign in to"), 5);
}
