//! What holds at every address: problems, headers, ids, and one log line a request.

use selvedge_tests::{Person, Setup, logs};
use serde_json::{Value, json};

use crate::{application, client, person};

/// An address of each component, and one of none of theirs.
const ADDRESSES: [&str; 6] = [
    "/v1/auth/nowhere",
    "/v1/users/me/nowhere",
    "/v1/billing/nowhere",
    "/v1/users/usr_1",
    "/v1/nowhere",
    "/",
];

#[tokio::test]
async fn where_there_is_nothing_the_answer_is_a_problem() {
    let client = person().await.client;
    for path in ADDRESSES {
        client.get(path).await.problem(404);
    }
}

#[tokio::test]
async fn a_wrong_method_is_a_problem_that_names_the_right_ones() {
    for (path, allowed) in [
        ("/v1/auth/sign-in", "POST"),
        ("/v1/auth/sessions", "GET,HEAD,DELETE"),
        ("/v1/users/me", "GET,HEAD,PATCH"),
        ("/v1/billing/subscriptions", "GET,HEAD,POST"),
        ("/v1/billing/plans", "GET,HEAD"),
        ("/.well-known/jwks.json", "GET,HEAD"),
    ] {
        let answer = client().request(http::Method::PUT, path).await;
        answer.problem(405);
        assert_eq!(answer.header("allow"), Some(allowed), "{path}");
    }
}

#[tokio::test]
async fn answers_are_safe_in_a_browser_and_in_no_cache_unless_they_say_so() {
    let person = person().await;
    for path in [
        "/v1/users/me",
        "/v1/auth/sessions",
        "/v1/billing/invoices",
        "/v1/users/usr_1",
        "/v1/billing/nowhere",
    ] {
        let answer = person.client.get(path).await;
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let client = client();
    let get = client.get("/v1/billing/plans").await.expect(200);
    let head = client
        .request(http::Method::HEAD, "/v1/billing/plans")
        .await
        .expect(200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-length"), get.header("content-length"));
    assert_eq!(head.header("content-type"), get.header("content-type"));
}

#[tokio::test]
async fn a_request_leaves_one_line_that_says_what_it_was() {
    let person = person().await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = person
        .client
        .patch("/v1/users/me?trace=me", &json!({"name": "Ada"}));
    let answer = request
        .header("traceparent", parent)
        .header("x-request-id", "one-line")
        .await
        .expect(200);
    let line = application().logs.of_request("one-line").await;
    let expected = json!({
        "level": "info",
        "request_id": "one-line",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "method": "PATCH",
        "route": "/v1/users/...",
        "path": "/v1/users/me",
        "status": 200,
        "bytes": answer.body.len(),
        "user": person.id,
        "component": "users",
        "client_ip": "127.0.0.1",
    });
    for (key, value) in expected.as_object().expect("it is an object") {
        assert_eq!(&line[key], value, "{key}: {line}");
    }
    assert!(
        line["time"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z')),
        "{line}"
    );
    assert!(
        line["duration_us"]
            .as_u64()
            .is_some_and(|duration| duration > 0),
        "{line}"
    );
    let lines = application().logs.find(|line| {
        line.json()["request_id"] == "one-line" && line.json()["path"] == "/v1/users/me"
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[tokio::test]
async fn the_question_for_keys_belongs_to_the_request_that_needs_them() {
    let application = Setup::application().start();
    let person = Person::sign_up(&application.client()).await;
    let request = person.client.get("/v1/users/me");
    request
        .header(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        .header("x-request-id", "first-of-all")
        .await
        .expect(200);
    let asks_for_keys = |line: &logs::Line| line.json()["path"] == "/.well-known/jwks.json";
    let line = application
        .logs
        .wait_for("about keys", asks_for_keys)
        .await
        .json();
    assert_eq!(line["request_id"], "first-of-all");
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
}

#[tokio::test]
async fn a_refusal_leaves_a_line_too() {
    client()
        .get("/v1/users/me")
        .header("x-request-id", "refused-anonymous")
        .await
        .problem(401);
    client()
        .with_token("a.b.c")
        .get("/v1/users/me")
        .header("x-request-id", "refused-token")
        .await
        .problem(401);
    for id in ["refused-anonymous", "refused-token"] {
        let line = application().logs.of_request(id).await;
        assert_eq!(
            (&line["status"], &line["user"]),
            (&json!(401), &Value::Null),
            "{line}"
        );
    }
}
