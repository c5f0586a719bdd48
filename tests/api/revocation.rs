//! What ends, ends everywhere: a token whose session is over is good for nothing in any component, however long it would
//! have lived.

use std::time::Duration;

use rusqlite::Connection;
use selvedge_tests::{Application, Client, Person, Setup};
use serde_json::{Value, json};

use crate::{client, person};

const ME: &str = "/v1/users/me";
const SIGN_OUT: &str = "/v1/auth/sign-out";

/// How long a component may go on letting a session read that has ended, and some more for a busy machine.
const SOON: Duration = Duration::from_secs(10);

/// Where the manifest lets a session that ended make changes for a second more.
const TOLERANT: &str = "/v1/billing/usage";

/// Expects a change to be refused at once, and soon what may be a second late.
async fn assert_over(client: &Client) {
    for _ in 0..3 {
        assert_refused(client.patch(ME, &json!({"name": "Eve"})).await);
        let subscription = json!({"plan": "pro"});
        let subscribe = client.post("/v1/billing/subscriptions", &subscription);
        assert_refused(subscribe.header("idempotency-key", "late").await);
    }
    client.get("/v1/auth/sessions").await.problem(401);
    let usage = json!({"id": "late", "meter": "api_calls", "quantity": 1});
    let refused = async {
        while client.get(ME).await.is_success() {}
        // It has no subscription to use, unless it is refused before.
        while client.post(TOLERANT, &usage).await.status != 401 {}
    };
    tokio::time::timeout(SOON, refused)
        .await
        .expect("it is refused soon");
}

#[track_caller]
fn assert_refused(answer: selvedge_tests::Answer) {
    assert!(
        answer.problem(401).detail().contains("session has ended"),
        "{}",
        answer.text()
    );
}

/// Somebody whose token every component has seen.
async fn known_everywhere(client: &Client) -> Person {
    let person = Person::sign_up(client).await;
    person.client.get(ME).await.expect(200);
    let rename = person.client.patch(ME, &json!({"name": "Ada"}));
    rename.await.expect(200);
    person.client.get("/v1/billing/invoices").await.expect(200);
    person
}

fn database(application: &Application) -> Connection {
    Connection::open(application.state().join("sqlite/auth.db")).expect("auth has a database")
}

#[tokio::test]
async fn who_signs_out_is_out_everywhere() {
    let person = known_everywhere(&client()).await;
    let other = Person::sign_in(&client(), &person.email).await;
    let sign_out = person.client.request(http::Method::POST, SIGN_OUT);
    sign_out.await.expect(204);
    assert_over(&person.client).await;
    let rename = other.client.patch(ME, &json!({"name": "Ada"}));
    rename.await.expect(200);
}

#[tokio::test]
async fn a_telephone_that_is_signed_out_from_afar_is_out_everywhere() {
    let telephone = known_everywhere(&client()).await;
    let person = Person::sign_in(&client(), &telephone.email).await;
    let path = format!("/v1/auth/sessions/{}", telephone.session());
    person.client.delete(&path).await.expect(204);
    assert_over(&telephone.client).await;
    let again = Person::sign_in(&client(), &telephone.email).await;
    person.client.delete("/v1/auth/sessions").await.expect(204);
    assert_over(&again.client).await;
    person.client.get(ME).await.expect(200);
}

#[tokio::test]
async fn an_account_that_is_disabled_is_out_everywhere() {
    let application = Setup::application().start();
    let person = known_everywhere(&application.client()).await;
    let other = known_everywhere(&application.client()).await;
    database(&application)
        .execute(
            "UPDATE accounts SET disabled_at = 1 WHERE id = ?",
            [&person.id],
        )
        .expect("it can be disabled");
    assert_over(&person.client).await;
    database(&application)
        .execute("DELETE FROM accounts WHERE id = ?", [&other.id])
        .expect("it can be deleted");
    assert_over(&other.client).await;
}

#[tokio::test]
async fn more_sessions_than_one_answer_tells_are_out_everywhere() {
    let application = Setup::application().start();
    let person = known_everywhere(&application.client()).await;
    let sign_out = person.client.request(http::Method::POST, SIGN_OUT);
    sign_out.await.expect(204);
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
                INSERT INTO revocations (object) SELECT 'ses_' || i FROM n";
    database(&application)
        .execute(many, [])
        .expect("sessions end");
    let last = known_everywhere(&application.client()).await;
    let sign_out = last.client.request(http::Method::POST, SIGN_OUT);
    sign_out.await.expect(204);
    assert_over(&last.client).await;
    assert_over(&person.client).await;
}

#[tokio::test]
async fn what_no_token_can_be_of_any_more_is_forgotten() {
    let application = Setup::application().with_clock().start();
    let count = || -> i64 {
        let count = "SELECT count(*) FROM revocations";
        let count = database(&application).query_row(count, [], |row| row.get(0));
        count.expect("a count")
    };
    for _ in 0..3 {
        let person = known_everywhere(&application.client()).await;
        let sign_out = person.client.request(http::Method::POST, SIGN_OUT);
        sign_out.await.expect(204);
        assert_over(&person.client).await;
        application.advance(Duration::from_secs(60 * 60));
    }
    assert_eq!(count(), 2);
}

#[tokio::test]
async fn while_nobody_can_say_who_is_out_one_reads_and_changes_nothing() {
    let application = Setup::application()
        .variable(
            "revocations_url",
            "http://auth.spin.internal/internal/nowhere",
        )
        .start();
    let person = Person::sign_up(&application.client()).await;
    let answer = person.client.patch(ME, &json!({"name": "Ada"})).await;
    answer.problem(503);
    assert!(answer.header("retry-after").is_some());
    let me = person.client.get(ME).await.expect(200).json();
    assert_eq!(me["name"], Value::Null);
    let usage = json!({"id": "1", "meter": "api_calls", "quantity": 1});
    let used = person.client.post(TOLERANT, &usage).await;
    // Let through to the component, which knows of no subscription.
    used.problem(409);
    // Nobody's session is in question here.
    let anonymous = application.client();
    anonymous.get("/v1/billing/plans").await.expect(200);
    Person::sign_in(&anonymous, &person.email).await;
}

#[tokio::test]
async fn a_provider_that_tells_of_no_ends_is_not_asked() {
    let application = Setup::application().variable("revocations_url", "").start();
    let person = Person::sign_up(&application.client()).await;
    let rename = person.client.patch(ME, &json!({"name": "Ada"}));
    rename.await.expect(200);
    let asked = application
        .logs
        .find(|line| line.json()["path"] == "/internal/revocations");
    assert!(asked.is_empty(), "{asked:?}");
}

#[tokio::test]
async fn a_change_waits_for_one_question_and_reading_for_one_a_second() {
    let application = Setup::application().start();
    let person = known_everywhere(&application.client()).await;
    let asked = || {
        let is_question =
            |line: &selvedge_tests::logs::Line| line.json()["path"] == "/internal/revocations";
        application.logs.find(is_question).len()
    };
    let before = asked();
    let started = std::time::Instant::now();
    for _ in 0..200 {
        person.client.get(ME).await.expect(200);
    }
    let seconds = started.elapsed().as_secs() as usize;
    assert!(asked() - before <= seconds + 2, "{}", asked() - before);
}

#[tokio::test]
async fn a_person_who_is_signed_in_is_not_out() {
    let person = person().await;
    for _ in 0..3 {
        let rename = person.client.patch(ME, &json!({"name": "Ada"}));
        rename.await.expect(200);
    }
}
