//! How fast passwords may be guessed at `/v1/auth/sign-in`.

use std::time::Duration;

use futures::future::join_all;
use selvedge_tests::{
    Answer, Application, Client, Person, Setup,
    people::{self, PASSWORD, fresh_email},
};
use serde_json::json;

use super::audited;

const WRONG: &str = "not the password";
const FREE: usize = 10;
/// And as many more may be judged at the same time.
const AT_ONCE: usize = FREE + 30;

fn application() -> Application {
    Setup::application().with_clock().start()
}

async fn sign_in(client: &Client, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    client.post("/v1/auth/sign-in", &body).await
}

async fn sign_in_on(client: &Client, email: &str, password: &str, device: &str) -> Answer {
    let body = json!({"email": email, "password": password, "device_token": device});
    client.post("/v1/auth/sign-in", &body).await
}

/// As many wrong passwords as are free.
async fn lock(client: &Client, email: &str) {
    for _ in 0..FREE {
        sign_in(client, email, WRONG).await.problem(401);
    }
}

fn device(answer: &Answer) -> String {
    let body = answer.json();
    body["device_token"].as_str().expect("a device").to_owned()
}

/// What a refusal says besides for how long, which must be more than `least` seconds and at most `most`:
/// the clock goes on while the test does.
#[track_caller]
fn refused(answer: &Answer, least: u64, most: u64) -> serde_json::Value {
    answer.problem(429);
    let wait = answer
        .header("retry-after")
        .and_then(|wait| wait.parse().ok());
    let wait: u64 = wait.expect("it says when to come back");
    assert!(least < wait && wait <= most, "{wait} s");
    let mut body = answer.json();
    body["request_id"].take();
    body
}

#[tokio::test]
async fn ten_wrong_passwords_delay_the_next_one_and_the_right_one_too_however_it_is_spelt() {
    let application = application();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    lock(&client, &person.email).await;
    for (email, password) in [
        (person.email.clone(), WRONG),
        (person.email.clone(), PASSWORD),
        (person.email.to_uppercase(), PASSWORD),
    ] {
        refused(&sign_in(&client, &email, password).await, 0, 60);
    }
    application.advance(Duration::from_secs(60));
    sign_in(&client, &person.email, WRONG).await.problem(401);
    refused(&sign_in(&client, &person.email, WRONG).await, 60, 120);
    application.advance(Duration::from_secs(120));
    people::sign_in(&client, &person.email).await.expect(200);
    // What was wrong before is forgotten.
    sign_in(&client, &person.email, WRONG).await.problem(401);
    people::sign_in(&client, &person.email).await.expect(200);
}

#[tokio::test]
async fn an_address_without_an_account_is_delayed_in_the_same_way() {
    let application = application();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    let nobody = fresh_email();
    lock(&client, &person.email).await;
    lock(&client, &nobody).await;
    assert_eq!(
        refused(&sign_in(&client, &person.email, WRONG).await, 0, 60),
        refused(&sign_in(&client, &nobody, WRONG).await, 0, 60)
    );
}

#[tokio::test]
async fn nobody_elsewhere_delays_a_device_that_the_owner_signed_in_with() {
    let application = application();
    let client = application.client();
    let owner = people::sign_up(&client, "owner@example.com").await;
    let device = device(&owner.expect(201));
    let other = people::sign_up(&client, "other@example.com").await;
    let foreign = self::device(&other.expect(201));
    lock(&client, "owner@example.com").await;
    for made_up in [foreign.as_str(), "dv_x", ""] {
        let refused = sign_in_on(&client, "owner@example.com", PASSWORD, made_up).await;
        refused.problem(429);
    }
    for _ in 0..2 {
        let answer = sign_in_on(&client, "owner@example.com", PASSWORD, &device).await;
        answer.expect(200);
    }
    // Nor is a stolen device a way to guess for ever, or one to undo what others are delayed by.
    people::sign_in(&client, "owner@example.com")
        .await
        .problem(429);
    for _ in 0..FREE {
        let wrong = sign_in_on(&client, "owner@example.com", WRONG, &device).await;
        wrong.problem(401);
    }
    let refused = sign_in_on(&client, "owner@example.com", PASSWORD, &device).await;
    refused.problem(429);
}

#[tokio::test]
async fn wrong_passwords_at_once_are_few_guesses_and_then_the_next_waits() {
    let application = application();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    let guess = || sign_in(&client, &person.email, WRONG);
    let answers = join_all((0..60).map(|_| guess())).await;
    let count = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    // A machine that is busy turns some away with 503 before they are counted.
    assert_eq!(count(401) + count(429) + count(503), 60);
    assert!(
        (1..=AT_ONCE).contains(&count(401)),
        "{} guesses",
        count(401)
    );
    if count(401) >= FREE {
        sign_in(&client, &person.email, WRONG).await.problem(429);
    }
}

#[tokio::test]
async fn right_passwords_at_once_do_not_wait_for_each_other() {
    let application = application();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    let answers = join_all((0..20).map(|_| people::sign_in(&client, &person.email))).await;
    for answer in answers {
        // A machine that is busy turns some away before they are judged.
        assert!(
            answer.status == 200 || answer.status == 503,
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn that_an_account_begins_to_wait_is_audited_once() {
    let application = application();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    lock(&client, &person.email).await;
    sign_in(&client, &person.email, WRONG).await.problem(429);
    application.advance(Duration::from_secs(60));
    sign_in(&client, &person.email, WRONG).await.problem(401);
    assert_eq!(audited(&application, "sign-in-delayed").len(), 1);
}

#[tokio::test]
async fn nobody_waits_longer_than_an_hour() {
    let application = application();
    let client = application.client();
    let email = fresh_email();
    lock(&client, &email).await;
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
        refused(&sign_in(&client, &email, WRONG).await, 0, minutes * 60);
        application.advance(Duration::from_secs(minutes * 60));
        sign_in(&client, &email, WRONG).await.problem(401);
    }
}

/// Asks as somebody at `ip`.
async fn from(client: &Client, ip: &str, path: &str, body: &serde_json::Value) -> Answer {
    let request = client.post(path, body);
    request.header("x-forwarded-for", ip).await
}

fn behind_a_proxy(manifest: &mut toml::Table) {
    let settings = manifest["application"]["tool"]["selvedge"].as_table_mut();
    let settings = settings.expect("it is a table");
    settings.insert("trusted_proxies".into(), vec!["127.0.0.1"].into());
}

#[tokio::test]
async fn a_network_waits_whose_account_it_may_be_and_all_of_a_64_is_one() {
    let application = Setup::application()
        .edited(behind_a_proxy)
        .with_clock()
        .start();
    let client = application.client();
    // As if a hundred addresses had been tried, which takes a minute: the bucket is full.
    sign_in_from(&client, "2001:db8:1:2::1").await.problem(401);
    let database = rusqlite::Connection::open(application.state().join("sqlite/auth.db"))
        .expect("auth has a database");
    let fill = "UPDATE throttles SET empty_at = last_at + 100 * 600000
                WHERE empty_at - last_at = 600000";
    assert_eq!(database.execute(fill, []).expect("it can be filled"), 1);
    sign_in_from(&client, "2001:db8:1:2:ffff::9")
        .await
        .problem(429);
    sign_in_from(&client, "2001:db8:1:3::1").await.problem(401);
    sign_in_from(&client, "192.0.2.1").await.problem(401);
}

async fn sign_in_from(client: &Client, ip: &str) -> Answer {
    let body = json!({"email": fresh_email(), "password": WRONG});
    from(client, ip, "/v1/auth/sign-in", &body).await
}

#[tokio::test]
async fn what_a_network_may_ask_for_has_an_end() {
    let application = Setup::application()
        .edited(behind_a_proxy)
        .with_clock()
        .start();
    let client = application.client();
    let mail = json!({"email": "nobody@example.com"});
    let (options, forgot) = (
        "/v1/auth/passkeys/sign-in/options",
        "/v1/auth/password/forgot",
    );
    let token = json!({"token": "x"});
    let reset = json!({"token": "x", "password": PASSWORD});
    let (ours, empty) = ("192.0.2.1", json!({}));
    from(&client, ours, options, &empty).await.expect(200);
    from(&client, ours, forgot, &mail).await.expect(202);
    // As if it had asked for two hours' worth of both.
    let database = rusqlite::Connection::open(application.state().join("sqlite/auth.db"))
        .expect("auth has a database");
    let fill = "UPDATE throttles SET empty_at = empty_at + 7200000";
    assert_eq!(database.execute(fill, []).expect("it can be filled"), 2);
    for (path, body) in [
        (options, &json!({})),
        ("/v1/auth/magic-link/sign-in", &token),
        ("/v1/auth/password/reset", &reset),
        (
            "/v1/auth/code/sign-in",
            &json!({"challenge": "x", "code": "000000"}),
        ),
        (forgot, &mail),
        ("/v1/auth/magic-link", &mail),
        ("/v1/auth/code", &mail),
    ] {
        let refused = from(&client, ours, path, body).await;
        assert!(
            refused.problem(429).detail().contains("your network"),
            "{path}"
        );
        let other = from(&client, "192.0.2.2", path, body).await;
        assert_ne!(other.status, 429, "{path}");
    }
    for path in [
        "/v1/auth/oauth/acme/authorize?redirect_to=x&code_challenge=x",
        "/v1/auth/oauth2/authorize?client_id=x",
    ] {
        let ask = |ip| client.get(path).header("x-forwarded-for", ip);
        let refused = ask(ours).await.problem(429);
        assert!(refused.detail().contains("your network"), "{path}");
        assert_ne!(ask("192.0.2.2").await.status, 429, "{path}");
    }
    application.advance(Duration::from_secs(7200));
    from(&client, ours, forgot, &mail).await.expect(202);
    from(&client, ours, options, &empty).await.expect(200);
}

#[tokio::test]
async fn nobody_asks_whole_lists_of_addresses_who_has_an_account() {
    let application = application();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    people::sign_up(&client, &person.email).await.problem(409);
    // As if a hundred of them had been taken, which would take a minute.
    let database = rusqlite::Connection::open(application.state().join("sqlite/auth.db"))
        .expect("auth has a database");
    let fill = "UPDATE throttles SET empty_at = last_at + 100 * 600000
                WHERE empty_at - last_at = 600000";
    assert_eq!(database.execute(fill, []).expect("it can be filled"), 1);
    let taken = people::sign_up(&client, &person.email).await;
    let free = people::sign_up(&client, &fresh_email()).await;
    assert_eq!(refused(&taken, 0, 60), refused(&free, 0, 60));
    application.advance(Duration::from_secs(60));
    people::sign_up(&client, &fresh_email()).await.expect(201);
}

#[tokio::test]
async fn delays_survive_a_restart() {
    let application = Setup::application().start();
    let email = fresh_email();
    lock(&application.client(), &email).await;
    let application = Setup::application().on(application.stop()).start();
    sign_in(&application.client(), &email, WRONG)
        .await
        .problem(429);
}
