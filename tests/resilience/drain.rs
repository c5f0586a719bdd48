//! A stop loses no request: those in flight are answered, later ones refused, and the process ends well.

use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use selvedge_tests::{Process, Setup, process};

/// Tells `process` to stop while a request is in flight, and expects the request to be answered.
async fn stops_with_a_request_in_flight(mut process: Process, signal: Signal) {
    let client = process.client();
    let request = tokio::spawn(async move { client.get("/slow?1500").await });
    process
        .output
        .wait_for("from the guest", |line| line.text.contains("waiting"))
        .await;

    process.signal(signal);
    process
        .output
        .wait_for("that it stops", |line| line.text.contains("stopping"))
        .await;
    assert!(
        TcpStream::connect(process.address).is_err(),
        "it still accepts connections"
    );

    let answer = request.await.expect("the request was sent").expect(200);
    assert_eq!(answer.text(), "waited");
    assert!(process.ended().await.success());
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_sigterm_ends_the_process() {
    stops_with_a_request_in_flight(Setup::faults().spawn().await, Signal::TERM).await;
}

#[tokio::test]
async fn ctrl_c_does_the_same() {
    stops_with_a_request_in_flight(Setup::faults().spawn().await, Signal::INT).await;
}

#[tokio::test]
async fn an_answer_on_its_way_is_sent_to_its_end() {
    let mut process = Setup::faults().spawn().await;
    let mut response = process.client().get("/drip?1000").head().await;
    assert_eq!(
        response.chunk().await.expect("a piece").as_deref(),
        Some(&b"first "[..])
    );
    process.signal(Signal::TERM);
    assert_eq!(
        response.chunk().await.expect("a piece").as_deref(),
        Some(&b"second"[..])
    );
    assert_eq!(response.chunk().await.expect("an end"), None);
    assert!(process.ended().await.success());
}

#[tokio::test]
async fn connections_without_a_request_do_not_hold_up_the_end() {
    let mut process = Setup::faults().spawn().await;
    // One that was used and kept, and one that never was.
    let client = process.client();
    client.get("/hello").await.expect(200);
    let _unused = TcpStream::connect(process.address).expect("it accepts connections");
    let started = Instant::now();
    process.signal(Signal::TERM);
    assert!(process.ended().await.success());
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "it took {:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_delayed_stop_is_announced_while_requests_are_still_taken() {
    let setup = Setup::faults();
    let mut up = process::command("up", &setup);
    up.args([
        "--no-build",
        "--listen",
        "127.0.0.1:0",
        "--drain-delay",
        "3s",
    ]);
    let mut process = Process::run(up, setup).await;
    process.signal(Signal::TERM);
    process
        .output
        .wait_for("that it is not ready", |line| {
            line.text.contains("no longer ready")
        })
        .await;
    let newcomer = process.client();
    assert_eq!(
        newcomer.get("/readyz").await.expect(503).text(),
        "draining\n"
    );
    newcomer.get("/hello").await.expect(200);
    assert!(process.ended().await.success());
}

#[tokio::test]
async fn a_second_ctrl_c_does_not_wait() {
    let mut process = Setup::faults().spawn().await;
    let client = process.client();
    let request = tokio::spawn(async move { client.get("/slow?19000").try_send().await });
    process
        .output
        .wait_for("from the guest", |line| line.text.contains("waiting"))
        .await;
    process.signal(Signal::INT);
    process
        .output
        .wait_for("that it stops", |line| line.text.contains("stopping"))
        .await;
    process.signal(Signal::INT);
    assert_eq!(process.ended().await.code(), Some(130));
    assert!(request.await.expect("it was sent").is_err());
}
