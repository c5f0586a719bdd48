//! What components print, and what is told about requests.

use selvedge_tests::{Process, Setup};

/// What `process` printed for a line that a component wrote.
async fn printed(process: &Process, line: &str, marker: &str) -> selvedge_tests::logs::Line {
    process
        .client()
        .post("/print", &().into())
        .body(line.to_owned())
        .await
        .expect(200);
    process
        .output
        .wait_for("that was printed", |line| line.text.contains(marker))
        .await
}

#[tokio::test]
async fn a_line_carries_the_name_of_the_component_that_wrote_it() {
    let process = Setup::faults().spawn().await;

    let plain = printed(&process, "a plain line", "a plain line").await;
    assert_eq!(
        (plain.source.as_str(), &plain.json()["component"]),
        ("stderr", &"faults".into())
    );

    let structured = printed(
        &process,
        r#"{"message": "in order", "component": "auth"}"#,
        "in order",
    )
    .await;
    assert_eq!(structured.source, "stdout");
    assert_eq!(
        structured.json()["component"],
        "faults",
        "a component speaks for itself only"
    );

    let forged = printed(&process, "first\r{\"component\":\"auth\"}", "first").await;
    assert_eq!(forged.json()["component"], "faults");
}

#[tokio::test]
async fn the_words_of_a_trap_reach_the_log() {
    let process = Setup::faults().spawn().await;
    process.client().get("/trap").await.problem(502);
    let said = process
        .output
        .wait_for("by the panic", |line| {
            line.text.contains("trapped on request")
        })
        .await;
    assert_eq!(said.json()["component"], "faults");
}

#[tokio::test]
async fn a_request_that_was_not_allowed_is_in_the_log() {
    let process = Setup::faults().spawn().await;
    let request = process
        .client()
        .get("/fetch?http://evil.example.com/?secret=1");
    request.header("x-request-id", "denied").await.expect(200);
    let event = process.output.wait_for("of the denial", |line| {
        line.json()["host"] == "evil.example.com"
    });
    let event = event.await.json();
    assert_eq!(
        (&event["component"], &event["request_id"]),
        (&"faults".into(), &"denied".into())
    );
}
