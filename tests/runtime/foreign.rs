//! Components that others made for Spin: core modules for WASI preview 1, as the SDKs of Spin 1 made them, on the one of
//! Spin 2 (which speaks the draft of `wasi:http` of October 2023) and the one of Spin 3 (which speaks 0.2).

use std::sync::LazyLock;

use selvedge_tests::{Application, Setup, components};

pub fn foreign() -> &'static Application {
    static FOREIGN: LazyLock<Application> =
        LazyLock::new(|| Setup::of(components::fixture("foreign")).start());
    &FOREIGN
}

/// What either component answers.
async fn both(path: &str) -> [String; 2] {
    let client = foreign().client();
    let two = client.get(&format!("/2/{path}")).await.expect(200).text();
    let three = client.get(&format!("/3/{path}")).await.expect(200).text();
    [two, three]
}

#[tokio::test]
async fn they_use_the_stores_they_were_granted() {
    for said in both("key-value").await {
        assert_eq!(said, "two, true, false, Some(Error::AccessDenied)");
    }
}

#[tokio::test]
async fn they_use_the_databases_they_were_granted() {
    for said in both("sqlite").await {
        assert_eq!(
            said,
            "[\"number\", \"name\", \"bytes\", \"empty\"], \
             [Value::Integer(7), Value::Text(\"seven\"), Value::Blob([7]), Value::Null], Some(Error::AccessDenied)"
        );
    }
}

#[tokio::test]
async fn they_read_variables() {
    assert_eq!(both("variable?greeting").await, ["hello", "hello"]);
}

#[tokio::test]
async fn their_bodies_come_and_go_whole() {
    let body = vec![b'x'; 300_000];
    for path in ["/2/echo", "/3/echo"] {
        let request = foreign().client().request(http::Method::PUT, path);
        let answer = request.body(body.clone()).await.expect(201);
        assert_eq!(answer.header("x-method"), Some("PUT"));
        assert_eq!(answer.body, body);
    }
}

#[tokio::test]
async fn they_reach_each_other_and_the_application_and_nothing_else() {
    let client = foreign().client();
    let fetch = async |path: &str| client.get(path).await.expect(200).text();
    let pong = "201 ping";
    assert_eq!(
        fetch("/2/fetch?http://third.spin.internal/echo").await,
        pong
    );
    assert_eq!(
        fetch("/3/fetch?http://second.spin.internal/echo").await,
        pong
    );
    assert_eq!(fetch("/2/fetch?http://self.alt/3/echo").await, pong);
    assert_eq!(fetch("/2/fetch?/3/echo").await, pong);
    assert_eq!(fetch("/3/fetch?/2/echo").await, pong);
    let denied = fetch("/2/fetch?http://example.com/").await;
    assert!(
        denied.contains("HttpRequestDenied") || denied.contains("denied"),
        "{denied}"
    );
    let denied = fetch("/3/fetch?http://example.com/").await;
    assert!(denied.contains("HttpRequestDenied"), "{denied}");
}

#[tokio::test]
async fn what_they_import_and_nothing_stands_behind_fails_when_it_is_called() {
    for said in both("redis").await {
        assert!(
            said.contains("fermyon:spin/redis@2.0.0 is not available here"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn each_request_has_an_instance_of_its_own() {
    for _ in 0..3 {
        assert_eq!(both("count").await, ["1", "1"]);
    }
}

#[tokio::test]
async fn one_that_fails_is_a_502_and_one_that_never_answers_a_504() {
    let client = foreign().client();
    for version in ["2", "3"] {
        client.get(&format!("/{version}/trap")).await.expect(502);
        client.get(&format!("/{version}/loop")).await.expect(504);
        client.get(&format!("/{version}/count")).await.expect(200);
    }
}

#[tokio::test]
async fn a_module_of_spin_1_finds_what_it_was_made_for() {
    let client = foreign().client();
    let get = async |path: &str| client.get(path).await.expect(200).text();
    assert_eq!(get("/1/hello?there").await, "/1/hello?there");
    assert_eq!(get("/1/variable?greeting").await, "hello");
    // The provider has no such value; there is no other error for that.
    assert!(get("/1/variable?other").await.starts_with("error 0: "));
    // A key that is not there, and a store that was never opened.
    assert_eq!(get("/1/key-value").await, "1 (1, 4) (1, 3)");
    assert_eq!(get("/1/fetch?/3/echo").await, "201 ping");
    assert_eq!(
        get("/1/fetch?http://third.spin.internal/echo").await,
        "201 ping"
    );
    // Not allowed (1), and no URL (2).
    assert_eq!(get("/1/fetch?http://example.com/").await, "error 1");
    assert_eq!(get("/1/fetch?nowhere").await, "error 2");
    let echo = client.request(http::Method::PUT, "/1/echo").body("once");
    assert_eq!(echo.await.expect(200).text(), "2 once");
    client.get("/1/trap").await.expect(502);
    client
        .request(http::Method::TRACE, "/1/echo")
        .await
        .expect(405);
}
