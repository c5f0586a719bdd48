//! Connections that dawdle, and bytes that are no HTTP.

use std::time::Duration;

use futures::future::join_all;
use selvedge_tests::{Setup, people, raw};

use crate::{application, client};

#[tokio::test]
async fn bytes_that_are_no_http_are_refused() {
    for bytes in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET  /  HTTP/1.1\r\n\r\n",
        b"\r\n\r\n\r\n\r\nnonsense\r\n\r\n",
        b"GET http:// HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    ] {
        let answer = raw::exchange(application().address, bytes).await;
        let status = raw::status(&answer);
        assert!(
            status == 0 || (400..500).contains(&status),
            "{:?}: {answer}",
            String::from_utf8_lossy(bytes)
        );
    }
    client().get("/v1/billing/plans").await.expect(200);
}

#[tokio::test]
async fn an_address_that_is_not_a_path_finds_nothing() {
    for target in [
        "*",
        "http://elsewhere/v1/nowhere",
        "/v1/users/../auth/sessions",
        "//v1//users",
        "/v1/users/me/..;/",
    ] {
        let answer = raw::exchange(
            application().address,
            format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"),
        )
        .await;
        assert!(
            (400..500).contains(&raw::status(&answer)),
            "{target}: {answer}"
        );
    }
}

#[tokio::test]
async fn clients_that_never_finish_their_headers_are_cut_off_and_delay_nobody() {
    let dawdlers = join_all((0..100).map(async |_| {
        let mut connection = raw::Connection::open(application().address).await;
        connection
            .send(b"GET /v1/billing/plans HTTP/1.1\r\nhost: a\r\n")
            .await;
        // A header line a while, for ever: until the server has had enough.
        while connection.send(b"x-a: b\r\n").await {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }));
    let cut_off = tokio::time::timeout(Duration::from_secs(30), dawdlers);
    let others = async {
        for _ in 0..50 {
            client().get("/v1/billing/plans").await.expect(200);
        }
    };
    let (cut_off, ()) = futures::join!(cut_off, others);
    assert!(cut_off.is_ok(), "they may dawdle for more than 30 seconds");
}

#[tokio::test]
async fn clients_that_never_finish_their_bodies_do_not_keep_others_from_signing_in() {
    let application = Setup::application().start();
    let client = application.client();
    let person = selvedge_tests::Person::sign_up(&client).await;
    // More than there are instances of a component.
    let dawdlers = join_all((0..80).map(async |_| {
        let mut connection = raw::Connection::open(application.address).await;
        let head = "POST /v1/auth/sign-in HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
        connection.send(head.as_bytes()).await;
        connection
    }))
    .await;
    for _ in 0..5 {
        people::sign_in(&client, &person.email).await.expect(200);
    }
    drop(dawdlers);
}

#[tokio::test]
async fn many_requests_in_one_packet_are_answered_in_order() {
    let request = |path: &str, last: bool| {
        let close = if last { "connection: close\r\n" } else { "" };
        format!("GET {path} HTTP/1.1\r\nhost: a\r\n{close}\r\n")
    };
    let pipeline: String = (0..20)
        .map(|index| {
            request(
                if index % 2 == 0 {
                    "/healthz"
                } else {
                    "/v1/nowhere"
                },
                index == 19,
            )
        })
        .collect();
    let answers = raw::exchange(application().address, pipeline).await;
    let statuses: Vec<_> = answers
        .match_indices("HTTP/1.1 ")
        .map(|(at, _)| raw::status(&answers[at..]))
        .collect();
    assert_eq!(statuses, [200, 404].repeat(10));
}
