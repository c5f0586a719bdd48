//! `/v1/auth/webhooks`, with an endpoint that is told of things.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use selvedge_tests::receiver::{Received, Reply};
use selvedge_tests::{Application, Client, Person, Receiver, Setup, people};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{admin, assert_needs_a_caller, person};

const WEBHOOKS: &str = "/v1/auth/webhooks";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An application that may send webhooks to `receiver`, on a clock that tests move.
fn application(receiver: &Receiver) -> Application {
    Setup::application()
        .variable("admin_email", people::ADMIN)
        .variable("webhook_hosts", &receiver.origin())
        .with_clock()
        .start()
}

/// Tells `receiver` of `events`, and returns the new endpoint with its secret.
async fn add(admin: &Client, receiver: &Receiver, events: &[&str]) -> Value {
    let url = format!("{}/hook?key=receivers-own-secret", receiver.origin());
    let body = json!({"url": url, "events": events});
    admin.post(WEBHOOKS, &body).await.expect(201).json()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn path(endpoint: &Value) -> String {
    format!("{WEBHOOKS}/{}", text(&endpoint["id"]))
}

fn is(event: &str) -> impl Fn(&Received) -> bool {
    move |request| request.json()["type"] == event
}

/// The signature that a receiver with this secret expects, made here from the specification.
fn signature(secret: &Value, request: &Received) -> String {
    let key = text(secret).strip_prefix("whsec_").expect("it is a secret");
    let key = BASE64.decode(key).expect("it is base64");
    let signed = format!(
        "{}.{}.{}",
        request.header("webhook-id"),
        request.header("webhook-timestamp"),
        request.body
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any key is good");
    mac.update(signed.as_bytes());
    format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn an_endpoint_is_told_who_signed_up_and_can_verify_who_says_so() {
    let receiver = Receiver::start();
    let application = application(&receiver);
    let admin = Person::admin(&application).await.client;
    let endpoint = add(&admin, &receiver, &["user.*"]).await;

    let person = Person::sign_up(&application.client()).await;
    let told = receiver.wait_for(1, is("user.created")).await.remove(0);
    assert!(told.first_line.starts_with("POST /hook?key="), "{told:?}");
    assert_eq!(told.header("content-type"), "application/json");
    assert!(told.header("webhook-id").starts_with("msg_"));
    assert_eq!(
        told.header("webhook-signature"),
        signature(&endpoint["secret"], &told)
    );
    let body = told.json();
    assert_eq!(
        body["data"],
        json!({
            "user": {"id": person.id, "email": person.email, "name": null},
            "actor": person.id, "object": null,
        })
    );
    assert!(text(&body["timestamp"]).ends_with('Z'), "{body}");

    // It asked for users, and is not told of their sessions.
    let last = Person::sign_up(&application.client()).await;
    receiver
        .wait_for(1, |request| request.body.contains(&last.id))
        .await;
    assert!(receiver.received().iter().all(is("user.created")));
}

#[tokio::test]
async fn a_secret_is_shown_once() {
    let receiver = Receiver::start();
    let application = application(&receiver);
    let admin = Person::admin(&application).await.client;
    let endpoint = add(&admin, &receiver, &["*"]).await;
    assert!(text(&endpoint["secret"]).starts_with("whsec_"));
    assert_eq!(endpoint["status"], "enabled");
    for path in [WEBHOOKS.to_owned(), path(&endpoint)] {
        let shown = admin.get(&path).await.expect(200);
        assert!(shown.text().contains(text(&endpoint["id"])));
        assert!(!shown.text().contains("whsec_"), "{}", shown.text());
    }
    let log = application.logs.to_string();
    assert!(!log.contains("whsec_") && !log.contains("receivers-own-secret"));
}

#[tokio::test]
async fn for_a_day_after_a_rotation_both_secrets_sign() {
    let receiver = Receiver::start();
    let application = application(&receiver);
    let client = application.client();
    let admin = Person::admin(&application).await.client;
    let endpoint = add(&admin, &receiver, &["webhook.test"]).await;
    let rotate = format!("{}/rotate-secret", path(&endpoint));
    let rotated = admin.post(&rotate, &json!({})).await.expect(200).json();
    assert_ne!(rotated["secret"], endpoint["secret"]);

    let test = format!("{}/test", path(&endpoint));
    admin.post(&test, &json!({})).await.expect(202);
    let told = receiver.wait_for(1, |_| true).await.remove(0);
    let both = format!(
        "{} {}",
        signature(&rotated["secret"], &told),
        signature(&endpoint["secret"], &told)
    );
    assert_eq!(told.header("webhook-signature"), both);

    application.advance(DAY);
    let admin = Person::sign_in(&client, people::ADMIN).await.client;
    admin.post(&test, &json!({})).await.expect(202);
    let told = receiver.wait_for(2, |_| true).await.remove(1);
    assert_eq!(
        told.header("webhook-signature"),
        signature(&rotated["secret"], &told)
    );
}

#[tokio::test]
async fn what_fails_is_told_again_later_under_the_same_id() {
    let receiver = Receiver::start();
    let application = application(&receiver);
    let admin = Person::admin(&application).await.client;
    let endpoint = add(&admin, &receiver, &["user.created"]).await;
    receiver.reply(Reply::Status(500));
    Person::sign_up(&application.client()).await;
    receiver.wait_for(1, |_| true).await;
    let failed = delivery(&admin, &endpoint, |shown| shown["attempts"] == 1).await;
    assert_eq!(
        (&failed["status"], &failed["response_status"]),
        (&json!("pending"), &json!(500))
    );

    // Ten seconds must pass, then forty, then a hundred and sixty.
    for (attempts, seconds) in [(2, 11), (3, 41)] {
        application.advance(Duration::from_secs(seconds));
        deliver(&admin).await;
        delivery(&admin, &endpoint, |shown| shown["attempts"] == attempts).await;
    }
    application.advance(Duration::from_secs(60));
    assert_eq!(deliver(&admin).await["failed"], 0);
    assert_eq!(receiver.received().len(), 3);
    receiver.reply(Reply::Status(200));
    application.advance(Duration::from_secs(101));
    deliver(&admin).await;

    let told = receiver.wait_for(4, |_| true).await;
    let delivered = delivery(&admin, &endpoint, |shown| shown["attempts"] == 4).await;
    assert_eq!(
        (&delivered["status"], &delivered["failure"]),
        (&json!("delivered"), &Value::Null)
    );
    assert!(told.iter().all(|one| one.body == told[0].body));
    let ids = told.iter().map(|one| one.header("webhook-id"));
    assert!(ids.clone().all(|id| id == text(&delivered["id"])));
    let shown = admin.get(&path(&endpoint)).await.expect(200).json();
    assert_eq!(shown["failing_since"], Value::Null);
}

/// Delivers what is due, as a cron would have it done.
async fn deliver(admin: &Client) -> Value {
    let path = "/v1/auth/outbox/deliver";
    admin.post(path, &json!({})).await.expect(200).json()
}

/// The latest delivery to `endpoint`, as soon as it fulfils `condition`: an attempt is stored only after its answer.
async fn delivery(admin: &Client, endpoint: &Value, condition: impl Fn(&Value) -> bool) -> Value {
    let deliveries = format!("{}/deliveries", path(endpoint));
    let search = async {
        loop {
            let list = admin.get(&deliveries).await.expect(200).json();
            if condition(&list["data"][0]) {
                return list["data"][0].clone();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), search)
        .await
        .expect("the attempt is stored")
}

#[tokio::test]
async fn an_endpoint_that_fails_for_five_days_is_disabled_and_can_be_enabled_again() {
    let (receiver, watcher) = (Receiver::start(), Receiver::start());
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .variable("webhook_hosts", "http://127.0.0.1:*")
        .with_clock()
        .start();
    let client = application.client();
    let admin = Person::admin(&application).await.client;
    let endpoint = add(&admin, &receiver, &["user.created"]).await;
    add(&admin, &watcher, &["webhook.disabled"]).await;
    receiver.reply(Reply::Status(503));
    Person::sign_up(&client).await;
    delivery(&admin, &endpoint, |shown| shown["attempts"] == 1).await;

    application.advance(4 * DAY);
    let admin = Person::sign_in(&client, people::ADMIN).await.client;
    deliver(&admin).await;
    delivery(&admin, &endpoint, |shown| shown["attempts"] != 1).await;
    let shown = admin.get(&path(&endpoint)).await.expect(200).json();
    assert_eq!(shown["status"], "enabled");
    application.advance(DAY);
    let admin = Person::sign_in(&client, people::ADMIN).await.client;
    deliver(&admin).await;
    let told = watcher.wait_for(1, |_| true).await.remove(0).json();
    assert_eq!(
        (&told["type"], &told["data"]["object"]),
        (&json!("webhook.disabled"), &endpoint["id"])
    );
    let disabled = admin.get(&path(&endpoint)).await.expect(200);
    assert_eq!(disabled.json()["status"], "disabled");
    let test = format!("{}/test", path(&endpoint));
    admin.post(&test, &json!({})).await.problem(409);

    receiver.reply(Reply::Status(204));
    let enable = admin
        .patch(&path(&endpoint), &json!({"enabled": true}))
        .header("if-match", disabled.header("etag").expect("it has one"));
    assert_eq!(enable.await.expect(200).json()["status"], "enabled");
    admin.post(&test, &json!({})).await.expect(202);
    receiver.wait_for(1, is("webhook.test")).await;
}

#[tokio::test]
async fn an_endpoint_that_says_to_be_gone_is_not_asked_again() {
    let receiver = Receiver::start();
    let application = application(&receiver);
    let admin = Person::admin(&application).await.client;
    let endpoint = add(&admin, &receiver, &["user.created"]).await;
    receiver.reply(Reply::Status(410));
    Person::sign_up(&application.client()).await;
    let gone = delivery(&admin, &endpoint, |shown| shown["attempts"] == 1).await;
    assert_eq!(gone["status"], "failed");
    let shown = admin.get(&path(&endpoint)).await.expect(200).json();
    assert_eq!(shown["status"], "disabled");
}

#[tokio::test]
async fn a_delivery_can_be_replayed() {
    let receiver = Receiver::start();
    let application = application(&receiver);
    let admin = Person::admin(&application).await.client;
    let endpoint = add(&admin, &receiver, &["user.created"]).await;
    Person::sign_up(&application.client()).await;
    let delivered = delivery(&admin, &endpoint, |shown| shown["status"] == "delivered").await;
    let deliveries = format!("{}/deliveries", path(&endpoint));
    let replay = format!("{deliveries}/{}/replay", text(&delivered["id"]));
    admin.post(&replay, &json!({})).await.expect(202);
    let told = receiver.wait_for(2, |_| true).await;
    assert_eq!(told[0].header("webhook-id"), told[1].header("webhook-id"));
    assert_eq!(told[0].body, told[1].body);

    let nothing = format!("{deliveries}/msg_01h455vb4pex5vsknk084sn02q/replay");
    admin.post(&nothing, &json!({})).await.problem(404);
}

#[tokio::test]
async fn an_endpoint_can_be_changed_and_removed() {
    let receiver = Receiver::start();
    let application = application(&receiver);
    let admin = Person::admin(&application).await.client;
    let endpoint = add(&admin, &receiver, &["user.created"]).await;
    let path = path(&endpoint);
    let changed = admin
        .patch(&path, &json!({"events": ["session.created"]}))
        .await
        .expect(200)
        .json();
    assert_eq!(changed["events"], json!(["session.created"]));
    assert_eq!(changed["url"], endpoint["url"]);
    admin
        .patch(&path, &json!({"enabled": false}))
        .header("if-match", "\"1\"")
        .await
        .problem(412);
    Person::sign_up(&application.client()).await;
    receiver.wait_for(1, is("session.created")).await;
    assert!(receiver.received().iter().all(is("session.created")));

    admin.delete(&path).await.expect(204);
    admin.get(&path).await.problem(404);
    admin.delete(&path).await.problem(404);
    let list = admin.get(WEBHOOKS).await.expect(200).json();
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let (receiver, elsewhere) = (Receiver::start(), Receiver::start());
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .variable("webhook_hosts", "http://127.0.0.1:*")
        .start();
    let admin = Person::admin(&application).await.client;
    let endpoint = add(&admin, &receiver, &["user.created"]).await;
    receiver.reply(Reply::Redirect(elsewhere.origin()));
    Person::sign_up(&application.client()).await;
    let failed = delivery(&admin, &endpoint, |shown| shown["attempts"] == 1).await;
    assert_eq!(failed["response_status"], 307);
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn where_the_manifest_does_not_let_it_nothing_is_sent() {
    let receiver = Receiver::start();
    let application = Setup::application()
        .variable("admin_email", people::ADMIN)
        .start();
    let admin = Person::admin(&application).await.client;
    let endpoint = add(&admin, &receiver, &["user.created"]).await;
    Person::sign_up(&application.client()).await;
    let failed = delivery(&admin, &endpoint, |shown| shown["attempts"] == 1).await;
    assert_eq!(failed["response_status"], Value::Null);
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn what_cannot_be_an_endpoint_is_named() {
    let admin = admin().await.client;
    for (body, fields) in [
        (
            json!({"url": "http://example.com/", "events": ["*"]}),
            vec!["url"],
        ),
        (
            json!({"url": "https://example.com/", "events": []}),
            vec!["events"],
        ),
        (
            json!({"url": "x", "events": ["User Created"]}),
            vec!["url", "events"],
        ),
        (
            json!({"url": "https://example.com/", "events": ["user.created", "user.exploded"]}),
            vec!["events[1]"],
        ),
        (
            json!({"url": "https://example.com/", "events": ["usr.*"]}),
            vec!["events[0]"],
        ),
        // As the audit calls it.
        (
            json!({"url": "https://example.com/", "events": ["sign-up"]}),
            vec!["events[0]"],
        ),
    ] {
        let problem = admin.post(WEBHOOKS, &body).await.problem(422);
        assert_eq!(problem.fields(), fields);
    }
}

#[tokio::test]
async fn it_takes_an_administrator() {
    let one = format!("{WEBHOOKS}/whk_01h455vb4pex5vsknk084sn02q");
    let delivery = format!("{one}/deliveries/msg_01h455vb4pex5vsknk084sn02q/replay");
    assert_needs_a_caller!(
        GET WEBHOOKS, GET one, DELETE one, GET format!("{one}/deliveries"), POST delivery,
        POST format!("{one}/rotate-secret"), POST format!("{one}/test"), POST "/v1/auth/outbox/deliver",
    );
    let client = person().await.client;
    for path in [WEBHOOKS, &one, &format!("{one}/deliveries")] {
        client.get(path).await.problem(403);
    }
    for path in [
        &delivery,
        &format!("{one}/rotate-secret"),
        &format!("{one}/test"),
        "/v1/auth/outbox/deliver",
    ] {
        client.post(path, &json!({})).await.problem(403);
    }
    let body = json!({"url": "https://example.com/", "events": ["*"]});
    client.post(WEBHOOKS, &body).await.problem(403);
    client.patch(&one, &json!({})).await.problem(403);
    client.delete(&one).await.problem(403);
}
