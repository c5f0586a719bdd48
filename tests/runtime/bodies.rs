//! Bodies: of any size within the limit, streamed both ways, and never half an answer for a whole one.

use std::time::{Duration, Instant};

use selvedge_tests::{Setup, raw};

use crate::{client, faults};

const MIB: usize = 1 << 20;

/// Bytes that show any that were lost, doubled or swapped.
fn pattern(length: usize) -> Vec<u8> {
    (0..length as u32)
        .map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

#[tokio::test]
async fn a_body_of_10_mib_comes_back_as_it_was() {
    let body = pattern(10 * MIB);
    let request = client().post("/echo", &().into()).body(body.clone());
    let answer = request.await.expect(200);
    assert!(
        answer.body == body,
        "{} of {} bytes came back",
        answer.body.len(),
        body.len()
    );
}

#[tokio::test]
async fn many_bodies_at_once_stay_apart() {
    let client = client();
    let echoes = (0..16_usize).map(|index| {
        let body = vec![index as u8; 300_000 + index];
        let request = client.post("/echo", &().into()).body(body.clone());
        async move {
            assert!(
                request.await.expect(200).body == body,
                "body {index} is another's"
            )
        }
    });
    futures::future::join_all(echoes).await;
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_refused_unread() {
    let head =
        "POST /small/count HTTP/1.1\r\nhost: a\r\ncontent-length: 513\r\nconnection: close\r\n\r\n";
    let answer = raw::exchange(faults().address, head).await;
    assert_eq!(raw::status(&answer), 413, "{answer}");
    let fits = client().post("/small/count", &().into()).body(vec![0; 512]);
    assert_eq!(fits.await.expect(200).text(), "512");
}

#[tokio::test]
async fn a_body_that_turns_out_too_large_is_not_taken_for_a_whole_one() {
    let head = "POST /small/count HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let chunk = format!("200\r\n{}\r\n", "x".repeat(512));
    let answer = raw::exchange(faults().address, format!("{head}{chunk}{chunk}0\r\n\r\n")).await;
    assert!(raw::status(&answer) >= 400, "{answer}");
    let answer = raw::exchange(faults().address, format!("{head}{chunk}0\r\n\r\n")).await;
    assert!(
        raw::status(&answer) == 200 && answer.contains("512"),
        "{answer}"
    );
}

#[tokio::test]
async fn the_first_piece_of_an_answer_does_not_wait_for_the_last() {
    let started = Instant::now();
    let mut response = client().get("/drip?1500").head().await;
    let first = response.chunk().await.expect("a piece").expect("a piece");
    assert_eq!(&first[..], b"first ");
    let waited = started.elapsed();
    let second = response.chunk().await.expect("a piece").expect("a piece");
    assert_eq!(&second[..], b"second");
    assert!(
        started.elapsed() - waited >= Duration::from_millis(500),
        "both came together, after {waited:?}"
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_seen_to() {
    let broken = client().get("/half").try_send().await;
    assert!(
        broken.is_err(),
        "half an answer passed for a whole one: {broken:?}"
    );
    client().get("/hello").await.expect(200);
}

#[tokio::test]
async fn an_upload_that_breaks_off_does_not_harm() {
    for _ in 0..3 {
        let mut connection = raw::Connection::open(faults().address).await;
        let head = "POST /count HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\nnot all of it";
        assert!(connection.send(head.as_bytes()).await);
        drop(connection);
    }
    client().get("/hello").await.expect(200);
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_its_body_is_told_to_go_on() {
    let mut connection = raw::Connection::open(faults().address).await;
    let head = "POST /count HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\nconnection: close\r\n\r\n";
    assert!(connection.send(head.as_bytes()).await);
    assert_eq!(raw::status(&connection.next().await), 100);
    assert!(connection.send(b"12345").await);
    let answer = connection.rest().await;
    assert_eq!(raw::status(&answer), 200, "{answer}");
}

#[tokio::test]
async fn clients_that_do_not_read_their_answers_keep_no_instance_for_ever() {
    let application = Setup::faults().start();
    let body = vec![b'x'; 12 * MIB];
    // More than `hasty` has instances, each with more to read than sockets hold.
    let dawdlers: Vec<_> = (0..8)
        .map(|_| {
            let (address, body) = (application.address, body.clone());
            tokio::spawn(async move {
                let mut connection = raw::Connection::open(address).await;
                let head = format!(
                    "POST /hasty/echo HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                connection.send(head.as_bytes()).await;
                connection.send(&body).await;
                std::future::pending::<()>().await;
            })
        })
        .collect();
    for _ in 0..20 {
        let answer = application.client().get("/hasty/hello").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    for dawdler in dawdlers {
        dawdler.abort();
        assert!(dawdler.await.is_err_and(|end| end.is_cancelled()));
    }
}

#[tokio::test]
async fn a_body_that_turns_out_too_large_on_its_way_is_said_to_be() {
    // So much that an instance reads it already when it passes the 12 MiB.
    let chunk = [format!("{MIB:x}\r\n").as_bytes(), &[0; MIB], b"\r\n"].concat();
    let head = "POST /count HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let mut connection = raw::Connection::open(faults().address).await;
    assert!(connection.send(head.as_bytes()).await);
    for _ in 0..12 {
        assert!(connection.send(&chunk).await);
    }
    assert!(connection.send(b"1\r\nx\r\n").await);
    let answer = connection.rest().await;
    assert_eq!(raw::status(&answer), 413, "{answer}");
}
