//! `/v1/auth/code`.

use std::time::Duration;

use selvedge_tests::{Answer, Application, Client, Person, Setup, mail, people, token};
use serde_json::{Value, json};

use super::assert_signed_in;
use crate::{application, client, person};

const SEND: &str = "/v1/auth/code";
const SIGN_IN: &str = "/v1/auth/code/sign-in";
const SUBJECT: &str = "Your code for";

async fn ask(client: &Client, email: &str) -> String {
    let answer = client
        .post(SEND, &json!({"email": email}))
        .await
        .expect(202);
    let challenge = answer.json()["challenge"].as_str().map(str::to_owned);
    challenge.expect("there is a challenge")
}

async fn asked(application: &Application, email: &str, nth: usize) -> (String, String) {
    let challenge = ask(&application.client(), email).await;
    let mail = mail::nth_to(&application.logs, nth, email, SUBJECT).await;
    (challenge, mail.code())
}

async fn sign_in(client: &Client, challenge: &str, code: &str) -> Answer {
    client
        .post(SIGN_IN, &json!({"challenge": challenge, "code": code}))
        .await
}

/// Another code than this.
fn wrong(code: &str) -> String {
    let code: u32 = code.parse().expect("a code is a number");
    format!("{:06}", (code + 1) % 1_000_000)
}

#[tokio::test]
async fn a_mailed_code_signs_in_once() {
    let person = person().await;
    let (challenge, code) = asked(application(), &person.email, 1).await;
    let typed = format!(" {code} ");
    let answer = sign_in(&client(), &challenge, &typed).await.expect(200);
    let body = assert_signed_in(&answer);
    assert_eq!(body["user"]["id"], person.id.as_str());
    let claims = token::claims(body["access_token"].as_str().unwrap());
    assert_eq!(claims["amr"], json!(["email"]));
    sign_in(&client(), &challenge, &code).await.problem(401);
}

#[tokio::test]
async fn after_five_wrong_codes_the_right_one_is_none() {
    let person = person().await;
    let (challenge, code) = asked(application(), &person.email, 1).await;
    for _ in 0..4 {
        sign_in(&client(), &challenge, &wrong(&code))
            .await
            .problem(401);
    }
    sign_in(&client(), &challenge, &code).await.expect(200);

    let (challenge, code) = asked(application(), &person.email, 2).await;
    for _ in 0..5 {
        sign_in(&client(), &challenge, &wrong(&code))
            .await
            .problem(401);
    }
    sign_in(&client(), &challenge, &code).await.problem(401);
}

#[tokio::test]
async fn a_code_is_good_with_its_own_challenge_only() {
    let person = person().await;
    let (first, first_code) = asked(application(), &person.email, 1).await;
    let (second, second_code) = asked(application(), &person.email, 2).await;
    if first_code != second_code {
        sign_in(&client(), &second, &first_code).await.problem(401);
    }
    sign_in(&client(), "sc_x", &second_code).await.problem(401);
    sign_in(&client(), &first, &first_code).await.expect(200);
}

#[tokio::test]
async fn a_code_is_good_for_a_quarter_of_an_hour() {
    let application = Setup::application().with_clock().start();
    let person = Person::sign_up(&application.client()).await;
    let (challenge, code) = asked(&application, &person.email, 1).await;
    application.advance(Duration::from_secs(16 * 60));
    sign_in(&application.client(), &challenge, &code)
        .await
        .problem(401);
}

#[tokio::test]
async fn nobody_learns_whether_there_is_an_account() {
    let known = ask(&client(), &person().await.email).await;
    let unknown_email = people::fresh_email();
    let unknown = ask(&client(), &unknown_email).await;
    assert_eq!(known.len(), unknown.len());
    let body = |answer: &Answer| -> Value {
        answer.problem(401);
        let mut body = answer.json();
        body["request_id"].take();
        body
    };
    let known = sign_in(&client(), &known, "no").await;
    let unknown = sign_in(&client(), &unknown, "no").await;
    assert_eq!(body(&known), body(&unknown));
    assert_eq!(mail::count_to(&application().logs, &unknown_email, ""), 0);
}

#[tokio::test]
async fn an_address_gets_five_codes_an_hour_and_twenty_a_day() {
    let application = Setup::application().with_clock().start();
    let (client, email) = (application.client(), people::fresh_email());
    people::sign_up(&client, &email).await.expect(201);
    // Signing up asked for the first mail.
    for hour in 0..5 {
        for _ in 0..7 {
            ask(&client, &email).await;
        }
        let mailed = [4, 9, 14, 19, 19][hour];
        mail::nth_to(&application.logs, mailed, &email, SUBJECT).await;
        application.advance(Duration::from_secs(60 * 60));
    }
    let other = Person::sign_up(&client).await;
    mail::to(&application.logs, &other.email, people::VERIFY).await;
    assert_eq!(mail::count_to(&application.logs, &email, SUBJECT), 19);
}
