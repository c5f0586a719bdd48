//! HTTP/2 frames that no client would send, or not so many of them.

use selvedge_tests::raw::Connection;

use crate::{application, client};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: u8 = 4;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// One frame, as RFC 9113 (4.1) lays it out.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is short");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// `GET` of a path, compressed as RFC 7541 has it: two entries of the static table, and two literals.
fn get(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86];
    for (name, value) in [(0x04, path), (0x01, "a")] {
        block.extend([name, u8::try_from(value.len()).expect("a value is short")]);
        block.extend(value.as_bytes());
    }
    block
}

/// A connection that has said what every one of them begins with.
async fn open() -> Connection {
    let mut connection = Connection::open(application().address).await;
    let hello = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    assert!(connection.send(&hello).await);
    connection
}

/// Expects the server to end the connection, and others not to notice.
async fn is_ended(mut connection: Connection) {
    connection.rest().await;
    client().get("/v1/billing/plans").await.expect(200);
}

#[tokio::test]
async fn requests_that_are_reset_as_soon_as_they_are_made_end_the_connection() {
    let mut connection = open().await;
    let mut flood = Vec::new();
    for index in 0..2_000 {
        let stream = 2 * index + 1;
        flood.extend(frame(
            HEADERS,
            END_STREAM | END_HEADERS,
            stream,
            &get("/v1/billing/plans"),
        ));
        flood.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    connection.send(&flood).await;
    is_ended(connection).await;
}

#[tokio::test]
async fn a_head_that_never_ends_ends_the_connection() {
    let mut connection = open().await;
    connection
        .send(&frame(HEADERS, END_STREAM, 1, &get("/v1/billing/plans")))
        .await;
    // A header that is not there in full.
    let piece = [&[0x00, 0x01, b'x', 0x7f][..], &[b'a'; 8_000]].concat();
    for _ in 0..1_000 {
        if !connection.send(&frame(CONTINUATION, 0, 1, &piece)).await {
            break;
        }
    }
    is_ended(connection).await;
}

#[tokio::test]
async fn frames_that_make_no_sense_end_the_connection() {
    for nonsense in [
        frame(HEADERS, END_STREAM | END_HEADERS, 0, &get("/")),
        frame(HEADERS, END_STREAM | END_HEADERS, 2, &get("/")),
        frame(SETTINGS, 0, 1, &[]),
        frame(SETTINGS, 0, 0, b"odd"),
        frame(RST_STREAM, 0, 0, &[0; 4]),
        vec![0xff; 64],
    ] {
        let mut connection = open().await;
        connection.send(&nonsense).await;
        is_ended(connection).await;
    }
}

#[tokio::test]
async fn who_begins_and_asks_for_nothing_is_not_kept() {
    is_ended(open().await).await;
}
