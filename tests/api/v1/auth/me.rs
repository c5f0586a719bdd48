//! `/v1/auth/me`: all that is known about somebody, and the end of an account.

use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use selvedge_tests::{Application, Person, Receiver, Setup, mail, people};
use serde_json::{Value, json};

use crate::{assert_needs_a_caller, client, person};

const ME: &str = "/v1/auth/me";
const EXPORT: &str = "/v1/auth/me/export";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Gives somebody a profile, a subscription, an invoice and a usage event.
async fn lead_a_life(person: &Person) {
    let profile = person.client.patch("/v1/users/me", &json!({"name": "Ada"}));
    profile.await.expect(200);
    let subscribe = person
        .client
        .post("/v1/billing/subscriptions", &json!({"plan": "starter"}))
        .header("idempotency-key", "life");
    subscribe.await.expect(201);
    let event = json!({"id": "e1", "meter": "api_calls", "quantity": 7});
    person
        .client
        .post("/v1/billing/usage", &event)
        .await
        .expect(201);
}

/// The rows of a table of a component's database that hold `id`, as text.
fn rows(application: &Application, component: &str, sql: &str, id: &str) -> i64 {
    let file = application.state().join(format!("sqlite/{component}.db"));
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("the component has a database");
    database
        .query_row(sql, [id], |row| row.get(0))
        .expect("the statement is right")
}

#[tokio::test]
async fn one_document_has_what_every_component_knows_of_the_caller_and_nobody_else() {
    let (person, other) = futures::join!(person(), person());
    lead_a_life(&person).await;
    lead_a_life(&other).await;
    let answer = person.client.get(EXPORT).await.expect(200);
    let document = answer.json();
    assert_eq!(document["user"], json!(person.id));
    let auth = &document["auth"];
    assert_eq!(auth["account"][0]["email"], json!(person.email));
    assert_eq!(auth["sessions"][0]["id"], json!(person.session()));
    let events: Vec<_> = auth["audit"]
        .as_array()
        .expect("it is a list")
        .iter()
        .collect();
    assert_eq!(events[0]["event"], "sign-up");
    assert_eq!(
        events.last().expect("there are some")["event"],
        "data-exported"
    );
    assert_eq!(document["users"]["profile"][0]["name"], "Ada");
    let billing = &document["billing"];
    assert_eq!(billing["subscriptions"][0]["plan"], "starter");
    assert!(billing["invoices"][0]["lines"][0]["description"].is_string());
    assert_eq!(billing["usage"][0]["id"], "e1");
    let text = answer.text();
    assert!(
        !text.contains(&other.id) && !text.contains("argon2"),
        "{text}"
    );
    assert!(!text.contains("hash") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn an_export_has_every_page() {
    let person = person().await;
    lead_a_life(&person).await;
    for index in 0..120 {
        let event = json!({"id": format!("more-{index}"), "meter": "api_calls", "quantity": 1});
        person
            .client
            .post("/v1/billing/usage", &event)
            .await
            .expect(201);
    }
    let document = person.client.get(EXPORT).await.expect(200).json();
    let usage = &document["billing"]["usage"];
    assert_eq!(usage.as_array().map(Vec::len), Some(121));
}

#[tokio::test]
async fn who_asks_to_be_removed_is_signed_out_everywhere_and_comes_back_by_signing_in() {
    let application = Setup::application().with_clock().start();
    let client = application.client();
    let person = Person::sign_up(&client).await.verified(&application).await;
    let telephone = Person::sign_in(&client, &person.email).await;
    let asked = person.client.delete(ME).await.expect(202).json();
    assert!(asked["deletion_at"].is_string());
    let notice = mail::to(
        &application.logs,
        &person.email,
        "Selvedge: Your account will be removed",
    )
    .await;
    assert!(notice.text.contains("sign in"), "{}", notice.text);
    for device in [&person, &telephone] {
        device.client.get("/v1/auth/sessions").await.problem(401);
        let refresh = json!({"refresh_token": device.refresh_token});
        client.post("/v1/auth/refresh", &refresh).await.problem(401);
    }

    application.advance(29 * DAY);
    let back = Person::sign_in(&client, &person.email).await;
    assert_eq!(back.id, person.id);
    application.advance(31 * DAY);
    let still_there = Person::sign_in(&client, &person.email).await;
    assert_eq!(still_there.id, person.id);
}

#[tokio::test]
async fn after_the_grace_period_a_person_is_forgotten_everywhere_and_the_books_stay() {
    let receiver = Receiver::start();
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .variable("webhook_hosts", &receiver.origin())
        .with_clock()
        .start();
    let client = application.client();
    let admin = Person::admin(&application).await;
    let hook = json!({"url": receiver.origin(), "events": ["user.*"]});
    admin
        .client
        .post("/v1/auth/webhooks", &hook)
        .await
        .expect(201);
    let person = Person::sign_up(&client).await;
    lead_a_life(&person).await;
    let (id, state) = (person.id.as_str(), &application);
    let known = |component, sql| rows(state, component, sql, id);
    const INVOICES: &str = "SELECT count(*) FROM invoices WHERE user_id = ?";
    const ENTRIES: &str = "SELECT count(*) FROM ledger_entries WHERE account = 'receivable:' || ?";
    const ACTIVE: &str =
        "SELECT count(*) FROM subscriptions WHERE user_id = ? AND ended_at IS NULL";
    const PROFILE: &str = "SELECT count(*) FROM profiles WHERE id = ?";
    let before = (known("billing", INVOICES), known("billing", ENTRIES));
    assert_eq!((before, known("billing", ACTIVE)), ((1, 1), 1));
    assert_eq!(known("users", PROFILE), 1);
    person.client.delete(ME).await.expect(202);

    application.advance(30 * DAY);
    let admin = Person::sign_in(&client, people::ADMIN).await.client;
    deliver_all(&admin).await;
    let told = receiver
        .wait_for(1, |request| request.json()["type"] == "user.deleted")
        .await
        .remove(0)
        .json();
    assert_eq!(told["data"]["user"], json!({"id": person.id}));
    // Messages of one kind do not wait for those of another.
    until(|| known("users", PROFILE) == 0).await;
    until(|| known("billing", ACTIVE) == 0).await;
    assert_eq!(
        (known("billing", INVOICES), known("billing", ENTRIES)),
        before
    );
    people::sign_in(&client, &person.email).await.problem(401);
    // The address is free again, for somebody new.
    let new = Person::sign_up_as(&client, &person.email).await;
    assert_ne!(new.id, person.id);
    let deliveries = "SELECT count(*) FROM webhook_deliveries WHERE payload LIKE '%' || ? || '%'";
    assert_eq!(known("auth", deliveries), 1, "only that the person is gone");
}

/// Has everything delivered that is due, and what becomes due by that.
async fn deliver_all(admin: &selvedge_tests::Client) {
    loop {
        let path = "/v1/auth/outbox/deliver";
        let done: Value = admin.post(path, &json!({})).await.expect(200).json();
        if done["delivered"] == 0 && done["removed"] == 0 && done["due"] == 0 {
            return;
        }
    }
}

#[tokio::test]
async fn an_account_is_removed_in_passing_when_its_time_has_come() {
    let application = Setup::application()
        .variable("deletion_grace_days", "0")
        .with_clock()
        .start();
    let client = application.client();
    let person = Person::sign_up(&client).await;
    person.client.delete(ME).await.expect(202);
    application.advance(Duration::from_secs(11));
    client.get("/v1/auth/sessions").await.problem(401);
    let forgotten = async {
        let accounts = "SELECT count(*) FROM accounts WHERE id = ?";
        while rows(&application, "auth", accounts, &person.id) > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), forgotten)
        .await
        .expect("the account is removed");
}

#[tokio::test]
async fn it_takes_a_caller() {
    assert_needs_a_caller!(GET EXPORT, DELETE ME);
    client().get(ME).await.problem(405);
}

/// Waits until it is so.
async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    waited.expect("it is so within a minute");
}
