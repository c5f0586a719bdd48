//! Mail by a provider's API, as one made for the test takes it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use selvedge_tests::{Application, Logs, Person, Setup};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What a provider was asked.
struct Provider {
    url: String,
    is_broken: Arc<AtomicBool>,
    /// Path, credential and body of each request, one JSON line each.
    asked: Logs,
    keys: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Desk {
    is_broken: Arc<AtomicBool>,
    asked: Logs,
    keys: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let desk = Desk {
            is_broken: Arc::default(),
            asked: Logs::default(),
            keys: Arc::default(),
        };
        let router = Router::new().fallback(take).with_state(desk.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        Self {
            url,
            is_broken: desk.is_broken,
            asked: desk.asked,
            keys: desk.keys,
        }
    }

    fn application(&self, delivery: &str) -> Application {
        let setup = Setup::application()
            .with_clock()
            .variable("mail_delivery", delivery)
            .variable("mail_url", &self.url)
            .variable("mail_token", "provider-secret")
            .variable("mail_from", "Tom & Jerry <hello@example.org>");
        setup
            .variable("app_name", "Tom & Jerry")
            .variable("public_url", "https://app.example.org/")
            .start()
    }

    async fn nth(&self, nth: usize) -> Value {
        let line = self.asked.wait_for_nth(nth, "that is a mail", |_| true);
        line.await.json()
    }
}

async fn take(
    State(desk): State<Desk>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, &'static str) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let key = text("idempotency-key").unwrap_or_default().to_owned();
    desk.keys.lock().expect("nobody panicked").push(key);
    let credential = text("authorization").or_else(|| text("x-postmark-server-token"));
    let line = json!({"path": uri.path(), "credential": credential, "body": body});
    desk.asked.add("provider", &line.to_string());
    if desk.is_broken.load(Ordering::Relaxed) {
        (StatusCode::SERVICE_UNAVAILABLE, "provider-secret is broken")
    } else {
        (StatusCode::OK, "{}")
    }
}

#[tokio::test]
async fn resend_gets_what_it_understands() {
    let provider = Provider::start().await;
    let application = provider.application("resend");
    let email = Person::sign_up(&application.client()).await.email;
    let asked = provider.nth(1).await;
    assert_eq!(asked["path"], "/emails");
    assert_eq!(asked["credential"], "Bearer provider-secret");
    let body = &asked["body"];
    assert_eq!(body["from"], "Tom & Jerry <hello@example.org>");
    assert_eq!(body["to"], json!([email]));
    assert_eq!(body["subject"], "Confirm your address for Tom & Jerry");
    let link = "https://app.example.org/verify-email#token=ev_";
    let (text, html) = (
        body["text"].as_str().unwrap(),
        body["html"].as_str().unwrap(),
    );
    assert!(
        text.contains(link) && text.contains("Tom & Jerry"),
        "{text}"
    );
    assert!(html.contains(&format!("href=\"{link}")), "{html}");
    assert!(
        html.contains("Tom &amp; Jerry") && !html.contains("Tom & Jerry"),
        "{html}"
    );
}

#[tokio::test]
async fn postmark_gets_what_it_understands() {
    let provider = Provider::start().await;
    let application = provider.application("postmark");
    let email = Person::sign_up(&application.client()).await.email;
    let asked = provider.nth(1).await;
    assert_eq!(asked["path"], "/email");
    assert_eq!(asked["credential"], "provider-secret");
    let body = &asked["body"];
    assert_eq!(body["To"], email.as_str());
    for part in ["From", "Subject", "TextBody", "HtmlBody"] {
        assert!(
            body[part].as_str().is_some_and(|text| !text.is_empty()),
            "{part}: {body}"
        );
    }
}

#[tokio::test]
async fn a_mail_that_could_not_be_handed_over_is_tried_again_and_its_secrets_stay_out_of_the_log() {
    let provider = Provider::start().await;
    provider.is_broken.store(true, Ordering::Relaxed);
    let application = provider.application("resend");
    let client = application.client();
    Person::sign_up(&client).await;
    let first = provider.nth(1).await;
    let failed = |line: &selvedge_tests::logs::Line| line.text.contains("was not delivered");
    application.logs.wait_for("of the failure", failed).await;

    provider.is_broken.store(false, Ordering::Relaxed);
    application.advance(Duration::from_secs(60));
    // Any request will do.
    client.get("/v1/auth/sessions").await.problem(401);
    assert_eq!(provider.nth(2).await, first);
    let keys = provider.keys.lock().expect("nobody panicked").clone();
    assert!(
        keys.len() == 2 && keys[0] == keys[1] && keys[0].len() == 43,
        "{keys:?}"
    );
    let said = application.logs.to_string();
    assert!(
        !said.contains("provider-secret") && !said.contains("ev_"),
        "{said}"
    );
}

#[tokio::test]
async fn a_link_that_is_too_old_is_not_mailed_any_more() {
    let provider = Provider::start().await;
    provider.is_broken.store(true, Ordering::Relaxed);
    let application = provider.application("resend");
    let client = application.client();
    let late = Person::sign_up(&client).await.email;
    provider.nth(1).await;
    let failed = |line: &selvedge_tests::logs::Line| line.text.contains("was not delivered");
    application.logs.wait_for("of the failure", failed).await;

    provider.is_broken.store(false, Ordering::Relaxed);
    application.advance(Duration::from_secs(25 * 60 * 60));
    let timely = Person::sign_up(&client).await.email;
    let second = provider.nth(2).await;
    assert_eq!(second["body"]["to"], json!([timely]));
    assert_ne!(late, timely);
}
