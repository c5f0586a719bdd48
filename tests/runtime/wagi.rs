//! Programs that run once for each request (WAGI): what they are told of it, and what becomes of what they print.

use crate::foreign::foreign;

async fn text(path: &str) -> String {
    foreign().client().get(path).await.expect(200).text()
}

#[tokio::test]
async fn a_program_reads_the_body_and_prints_the_answer() {
    let body: Vec<u8> = (0..300_000u32).map(|number| number as u8).collect();
    let request = foreign()
        .client()
        .request(http::Method::POST, "/wagi/it/echo");
    let answer = request.body(body.clone()).await.expect(200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/octet-stream")
    );
    assert_eq!(answer.header("x-a"), Some("1"));
    assert!(answer.body == body);
}

#[tokio::test]
async fn its_arguments_are_what_the_manifest_makes_of_path_and_query() {
    let said = text("/wagi/it/arguments?a=b&c").await;
    assert_eq!(said, r#"["program", "/wagi/it/arguments", "a=b", "c"]"#);
}

#[tokio::test]
async fn its_environment_tells_of_the_request() {
    for (name, value) in [
        ("REQUEST_METHOD", "GET"),
        ("SCRIPT_NAME", "/wagi/:name"),
        ("X_MATCHED_ROUTE", "/wagi/:name/..."),
        ("X_PATH_MATCH_NAME", "it"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("GRANTED", "by the manifest"),
    ] {
        let said = text(&format!("/wagi/it/variable?{name}")).await;
        assert_eq!(said, format!("Ok({value:?})"), "{name}");
    }
}

#[tokio::test]
async fn headers_neither_replace_what_it_was_granted_nor_name_a_proxy() {
    let client = foreign().client();
    for (header, variable, value) in [
        ("x-custom", "HTTP_X_CUSTOM", "Ok(\"mine\")"),
        ("x-granted", "HTTP_X_GRANTED", "Ok(\"by the manifest\")"),
        ("proxy", "HTTP_PROXY", "Err(NotPresent)"),
    ] {
        let path = format!("/wagi/it/variable?{variable}");
        let answer = client.get(&path).header(header, "mine").await.expect(200);
        assert_eq!(answer.text(), value, "{header}");
    }
}

#[tokio::test]
async fn it_may_redirect_or_say_a_status() {
    let client = foreign().client();
    let moved = client.get("/wagi/it/moved").await.expect(302);
    assert_eq!(moved.header("location"), Some("/elsewhere"));
    client.get("/wagi/it/status").await.expect(418);
}

#[tokio::test]
async fn components_reach_it() {
    let said = text("/3/fetch?http://program.spin.internal/echo").await;
    assert_eq!(said, "200 ping");
}

#[tokio::test]
async fn one_that_fails_is_a_502_and_one_that_never_ends_a_504() {
    let client = foreign().client();
    for deed in ["exit", "silence", "chatter", "flood", "nothing"] {
        client.get(&format!("/wagi/it/{deed}")).await.expect(502);
    }
    client.get("/wagi/it/loop").await.expect(504);
    client.get("/wagi/it/status").await.expect(418);
}
