//! What becomes of a request whose component fails, and of everybody else's.

use std::time::{Duration, Instant};

use selvedge_tests::{Logs, Setup, logs::Line, raw, setup::component};

use crate::client;

#[tokio::test]
async fn a_trap_is_a_bad_gateway() {
    client().get("/trap").await.problem(502);
}

#[tokio::test]
async fn an_error_instead_of_an_answer_is_a_bad_gateway() {
    let answer = client().get("/refuse").await;
    answer.problem(502);
    assert!(!answer.text().contains("nobody's business"));
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_deadline() {
    let started = Instant::now();
    client().get("/hasty/loop").await.problem(504);
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn waiting_beyond_the_deadline_is_a_gateway_timeout() {
    client().get("/hasty/slow?60000").await.problem(504);
}

#[tokio::test]
async fn a_body_that_trickles_in_waits_without_an_instance_and_not_for_ever() {
    let application = Setup::faults().start();
    // As many as `small` has instances.
    let mut dawdlers = Vec::new();
    for _ in 0..2 {
        let mut connection = raw::Connection::open(application.address).await;
        let head = "POST /small/count HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nx";
        assert!(connection.send(head.as_bytes()).await);
        dawdlers.push(connection);
    }
    application.client().get("/small/hello").await.expect(200);
    for mut dawdler in dawdlers {
        let answer = dawdler.next().await;
        assert_eq!(raw::status(&answer), 408, "{answer}");
    }
}

#[tokio::test]
async fn an_answer_that_never_ends_is_cut_off() {
    let broken = client().get("/hasty/drip?60000").try_send().await;
    assert!(
        broken.is_err(),
        "an answer cut off passed for a whole one: {broken:?}"
    );
}

#[tokio::test]
async fn memory_beyond_the_limit_is_refused() {
    client().get("/memory").await.problem(502);
    client().get("/hoard?48").await.expect(200);
    client().get("/hoard?80").await.problem(502);
}

#[tokio::test]
async fn a_component_answers_again_after_each_failure() {
    // Nobody else's failures take its places.
    let application = Setup::faults().start();
    let client = application.client();
    for fault in [
        "trap",
        "loop",
        "memory",
        "slow?60000",
        "refuse",
        "drip?60000",
    ] {
        // More than there are instances: none of them is lost.
        for _ in 0..6 {
            let _ = client.get(&format!("/hasty/{fault}")).try_send().await;
        }
        assert_eq!(
            client.get("/hasty/hello").await.expect(200).text(),
            "hello",
            "after {fault}"
        );
    }
}

#[tokio::test]
async fn a_failure_does_not_break_off_answers_of_the_same_component_to_others() {
    let application = Setup::faults().start();
    let client = application.client();
    let mut answers = Vec::new();
    for _ in 0..3 {
        let mut response = client.get("/drip?1000").head().await;
        assert_eq!(
            response.chunk().await.expect("a piece").as_deref(),
            Some(&b"first "[..])
        );
        answers.push(response);
    }
    for _ in 0..10 {
        client.get("/trap").await.problem(502);
    }
    for mut response in answers {
        assert_eq!(
            response.chunk().await.expect("a piece").as_deref(),
            Some(&b"second"[..])
        );
    }
}

#[tokio::test]
async fn a_failing_component_leaves_its_neighbours_alone() {
    let client = client();
    let faults = ["trap", "loop", "memory", "slow?60000"];
    let failing = faults
        .iter()
        .cycle()
        .take(24)
        .map(|fault| client.get(&format!("/hasty/{fault}")).try_send());
    let healthy = async {
        for _ in 0..100 {
            client.get("/neighbour/hello").await.expect(200);
        }
    };
    let (failed, ()) = futures::join!(futures::future::join_all(failing), healthy);
    assert!(
        failed
            .into_iter()
            .all(|answer| answer.is_ok_and(|answer| answer.status.is_server_error()))
    );
}

#[tokio::test]
async fn a_neighbour_that_fails_is_an_error_to_its_caller_and_no_more() {
    for fault in ["trap", "refuse"] {
        let answer = client()
            .get(&format!("/fetch?http://neighbour.spin.internal/{fault}"))
            .await
            .expect(200);
        assert!(answer.text().starts_with("refused: "), "{}", answer.text());
    }
}

#[tokio::test]
async fn components_that_call_each_other_in_a_circle_are_stopped() {
    let setup = Setup::faults().edited(|manifest| {
        let hidden = component(manifest, "hidden");
        hidden.insert(
            "allowed_outbound_hosts".into(),
            vec!["http://hidden.spin.internal"].into(),
        );
    });
    let application = setup.start();
    let circle = "http://hidden.spin.internal/fetch?".repeat(20);
    let answer = application
        .client()
        .get(&format!("/fetch?{circle}http://hidden.spin.internal/hello"))
        .await
        .expect(200);
    assert!(answer.text().contains("LoopDetected"), "{}", answer.text());
}

#[tokio::test]
async fn where_capacity_is_out_callers_are_told_when_to_come_back() {
    let application = Setup::faults().start();
    let client = application.client();
    // Two are worked on, eight wait, and the rest are told at once.
    let crowd = (0..30).map(async |_| {
        let answer = client.get("/small/slow?400").await;
        if answer.status == 200 {
            return true;
        }
        answer.problem(503);
        assert_eq!(answer.header("retry-after"), Some("1"));
        false
    });
    let served = futures::future::join_all(crowd)
        .await
        .into_iter()
        .filter(|served| *served)
        .count();
    assert!((10..30).contains(&served), "{served} of 30 were served");
    client.get("/neighbour/hello").await.expect(200);
    client.get("/small/hello").await.expect(200);
}

#[tokio::test]
async fn each_failure_is_one_event_with_its_component_and_request() {
    let process = Setup::faults().spawn().await;
    let client = process.client();
    for (path, component, message) in [
        ("/trap", "faults", "component trapped"),
        ("/hasty/loop", "hasty", "deadline exceeded"),
        ("/hasty/slow?60000", "hasty", "deadline exceeded"),
        (
            "/memory",
            "faults",
            "component trapped after it was refused memory",
        ),
        ("/refuse", "faults", "component answered with an error code"),
    ] {
        let id = format!("event-of{}", path.replace(['/', '?'], "-"));
        let answer = client.get(path).header("x-request-id", &id).await;
        assert!(answer.status.is_server_error());
        let event = event(&process.output, &id).await;
        assert_eq!(event["component"], component, "{path}: {event}");
        assert_eq!(event["message"], message, "{path}");
        assert_eq!(event["level"], "ERROR", "{path}");
    }
    // All that was said is known once the process has ended.
    let output = process.output.clone();
    process.stop().await;
    let events = output.find(|line| {
        line.json()["request_id"]
            .as_str()
            .is_some_and(|id| id.starts_with("event-of"))
    });
    assert_eq!(events.len(), 5, "{output}");
}

async fn event(output: &Logs, request_id: &str) -> serde_json::Value {
    let is_event = |line: &Line| line.source == "stderr" && line.json()["request_id"] == request_id;
    output
        .wait_for(&format!("about {request_id}"), is_event)
        .await
        .json()
}

#[tokio::test]
async fn requests_whose_clients_are_gone_give_their_instances_back() {
    let application = Setup::faults().start();
    // More than `small` may have instances, each asked to wait longer than anybody would.
    for nth in 1..=6 {
        let mut connection = raw::Connection::open(application.address).await;
        let head = "GET /small/slow?19000 HTTP/1.1\r\nhost: a\r\n\r\n";
        assert!(connection.send(head.as_bytes()).await);
        let waiting = |line: &Line| line.text == "waiting";
        let logs = &application.logs;
        logs.wait_for_nth(nth, "from the guest", waiting).await;
    }
    application.client().get("/small/hello").await.expect(200);
}

#[tokio::test]
async fn a_busy_component_that_works_through_its_queue_turns_nobody_away() {
    let application = Setup::faults().start();
    // Far more at once than `faults` has instances.
    let clients = futures::future::join_all((0..48).map(async |_| {
        let client = application.client();
        for _ in 0..50 {
            client.get("/hello").await.expect(200);
        }
    }));
    clients.await;
}
