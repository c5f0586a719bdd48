//! HTTP/2 without TLS, by prior knowledge: the same answers as over HTTP/1.1, many at once.

use futures::future::join_all;
use http::Version;

use crate::{Seen, faults};

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge();
    client.build().expect("an HTTP client can be made")
}

fn url(path: &str) -> String {
    format!("http://{}{path}", faults().address)
}

#[tokio::test]
async fn a_component_sees_the_same_request() {
    let response = client()
        .get(url("/request?a=b"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.version(), Version::HTTP_2);
    let seen = Seen(response.json().await.expect("JSON"));
    assert_eq!(seen.uri(), url("/request?a=b"));
    assert_eq!(seen.header("spin-full-url"), url("/request?a=b"));
}

#[tokio::test]
async fn many_requests_on_one_connection_do_not_wait_for_each_other() {
    let client = client();
    let slow = client.get(url("/drip?60000")).send().await.expect("a head");
    let answers = join_all((0..50).map(|_| client.get(url("/neighbour/hello")).send())).await;
    for answer in answers {
        assert_eq!(answer.expect("an answer").status(), 200);
    }
    drop(slow);
}

#[tokio::test]
async fn bodies_go_both_ways() {
    let body = vec![b'x'; 1 << 20];
    let echo = client().post(url("/echo")).body(body.clone()).send();
    let echoed = echo
        .await
        .expect("an answer")
        .bytes()
        .await
        .expect("a body");
    assert!(echoed == body, "{} bytes came back", echoed.len());
}

#[tokio::test]
async fn what_goes_wrong_is_the_same_problem() {
    let response = client().get(url("/trap")).send().await.expect("an answer");
    assert_eq!(response.status(), 502);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let large = client()
        .post(url("/small/count"))
        .body(vec![b'x'; 4096])
        .send();
    assert_eq!(large.await.expect("an answer").status(), 413);
}

#[tokio::test]
async fn a_host_that_contradicts_the_authority_is_refused() {
    let request = client()
        .get(url("/request"))
        .header("host", "elsewhere.example");
    match request.send().await {
        Ok(response) => assert_eq!(response.status(), 400),
        // The client may be the one to refuse.
        Err(error) => assert!(error.is_request(), "{error:?}"),
    }
}
