//! Where a request stands in its trace: continued where a caller says so, begun elsewhere, the same for neighbours.

use crate::{Seen, client, seen};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn parent(flags: &str) -> String {
    format!("00-{TRACE}-00f067aa0ba902b7-{flags}")
}

/// The parts of the one `traceparent` that a component saw.
fn parts(seen: &Seen) -> Vec<&str> {
    let parts: Vec<_> = seen.header("traceparent").split('-').collect();
    let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
    assert_eq!(lengths, [2, 32, 16, 2], "{parts:?}");
    parts
}

#[tokio::test]
async fn a_request_without_a_trace_begins_one() {
    let client = client();
    let first = seen(client.get("/request")).await;
    let second = seen(client.get("/request")).await;
    assert_eq!((parts(&first)[0], parts(&first)[3]), ("00", "00"));
    assert_ne!(parts(&first)[1], parts(&second)[1]);
    assert_ne!(parts(&first)[2], parts(&second)[2]);
}

#[tokio::test]
async fn a_trace_is_handed_on_as_it_came() {
    for flags in ["00", "01"] {
        let request = client()
            .get("/request")
            .header("traceparent", &parent(flags))
            .header("tracestate", "vendor=1");
        let seen = seen(request).await;
        assert_eq!(seen.header("traceparent"), parent(flags));
        assert_eq!(seen.header("tracestate"), "vendor=1");
    }
}

#[tokio::test]
async fn what_is_no_trace_is_replaced_along_with_its_state() {
    for wrong in [
        "",
        "00-1-2-3",
        &parent("zz"),
        &parent("01").replace('4', "G"),
    ] {
        let request = client()
            .get("/request")
            .header("traceparent", wrong)
            .header("tracestate", "vendor=1");
        let seen = seen(request).await;
        assert_ne!(parts(&seen)[1], TRACE);
        assert!(seen.headers("tracestate").is_empty());
    }
    let two = client()
        .get("/request")
        .header("traceparent", &parent("01"))
        .header("traceparent", &parent("00"));
    let seen = seen(two).await;
    assert_ne!(parts(&seen)[1], TRACE, "of two traces neither is believed");
}

#[tokio::test]
async fn a_neighbour_works_in_the_same_trace() {
    let request = client().get("/fetch?http://neighbour.spin.internal/request");
    let answer = request
        .header("traceparent", &parent("01"))
        .await
        .expect(200);
    let header = format!(r#"["traceparent","{}"]"#, parent("01"));
    assert!(answer.text().contains(&header), "{}", answer.text());
}
