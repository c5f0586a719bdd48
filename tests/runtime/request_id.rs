//! The request id: a caller's own where it is harmless, a new one elsewhere, the same everywhere it appears.

use crate::{client, seen};

#[tokio::test]
async fn a_request_without_an_id_is_given_one() {
    let client = client();
    let first = seen(client.get("/request")).await;
    let second = seen(client.get("/request")).await;
    let [first, second] = [&first, &second].map(|seen| seen.header("x-request-id"));
    assert_eq!(first.len(), 36, "a UUID");
    assert!(first < second, "ids sort by time");
}

#[tokio::test]
async fn an_answer_says_the_id_only_to_whom_it_may_concern() {
    let client = client();
    let answer = client.get("/hello").await.expect(200);
    assert_eq!(answer.header("x-request-id"), None);
    let failed = client.get("/trap").await;
    failed.problem(502);
    assert_eq!(
        failed.request_id().len(),
        36,
        "what is ours to say names it"
    );
}

#[tokio::test]
async fn a_harmless_id_is_kept() {
    let answer = client()
        .get("/hello")
        .header("x-request-id", "order-42_a.B")
        .await
        .expect(200);
    assert_eq!(answer.request_id(), "order-42_a.B");
}

#[tokio::test]
async fn an_id_that_could_do_harm_is_replaced() {
    let long = "x".repeat(65);
    for id in ["", "a b", "a\"b", "{}", "é", "../etc", &long] {
        let answer = client()
            .get("/hello")
            .header("x-request-id", id)
            .await
            .expect(200);
        assert_ne!(answer.request_id(), id);
        assert_eq!(answer.request_id().len(), 36, "{id:?}");
    }
}

#[tokio::test]
async fn the_component_sees_the_id_that_the_caller_gets() {
    let client = client();
    let request = client.get("/request").header("x-request-id", "a b");
    let answer = request.await.expect(200);
    assert!(
        answer
            .text()
            .contains(&format!(r#"["x-request-id","{}"]"#, answer.request_id()))
    );
    let two = client
        .get("/request")
        .header("x-request-id", "one")
        .header("x-request-id", "two");
    let id = seen(two).await.header("x-request-id").to_owned();
    assert_eq!(id.len(), 36, "of two ids neither is believed");
}

#[tokio::test]
async fn a_neighbour_works_under_the_same_id() {
    let request = client().get("/fetch?http://neighbour.spin.internal/request");
    let answer = request
        .header("x-request-id", "the-whole-way")
        .await
        .expect(200);
    assert!(
        answer
            .text()
            .contains(r#"["x-request-id","the-whole-way"]"#),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_problem_carries_the_id() {
    let answer = client()
        .get("/trap")
        .header("x-request-id", "unlucky")
        .await;
    answer.problem(502);
    assert_eq!(answer.request_id(), "unlucky");
}
