//! `/metrics`: what is counted, and who may see it.

use selvedge_tests::{Application, Client, Process, Setup, process};

/// The value of the sample that begins so; 0 where there is none.
async fn sample(client: &Client, name: &str) -> f64 {
    let text = client.get("/metrics").await.expect(200).text();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0.0, |value| {
        value.trim().parse().expect("a sample has a number")
    })
}

fn start() -> Application {
    Setup::faults().start()
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status_never_by_path() {
    let application = start();
    let client = application.client();
    for _ in 0..3 {
        client.get("/hello").await.expect(200);
    }
    client.get("/nothing-of-the-kind").await.expect(404);
    let count = async |labels: &str| {
        let name = format!("selvedge_http_request_duration_seconds_count{labels}");
        sample(&client, &name).await
    };
    assert_eq!(count(r#"{route="/...",status="2xx"}"#).await, 3.0);
    assert_eq!(count(r#"{route="/...",status="4xx"}"#).await, 1.0);
    let text = client.get("/metrics").await.expect(200).text();
    assert!(!text.contains("nothing-of-the-kind"));
}

#[tokio::test]
async fn what_components_do_and_suffer_is_counted() {
    let application = start();
    let client = application.client();
    client.get("/trap").await.problem(502);
    client.get("/hasty/loop").await.problem(504);
    client
        .get("/fetch?http://neighbour.spin.internal/hello")
        .await
        .expect(200);
    client.get("/fetch?http://example.com/").await.expect(200);
    let sql = client.post("/sql?journal", &().into());
    sql.body("select 1").await.expect(200);
    for (name, value) in [
        (
            r#"selvedge_component_failures_total{component="faults",reason="trap"}"#,
            1.0,
        ),
        (
            r#"selvedge_component_failures_total{component="hasty",reason="deadline"}"#,
            1.0,
        ),
        (
            r#"selvedge_component_failures_total{component="faults",reason="deadline"}"#,
            0.0,
        ),
        (
            r#"selvedge_component_outbound_requests_total{component="faults",to="component"}"#,
            1.0,
        ),
        (
            r#"selvedge_component_outbound_requests_total{component="faults",to="refused"}"#,
            1.0,
        ),
        (
            r#"selvedge_component_instances{component="neighbour"}"#,
            1.0,
        ),
        (
            r#"selvedge_component_requests_in_flight{component="faults"}"#,
            0.0,
        ),
        (
            r#"selvedge_sqlite_statement_duration_seconds_count{database="journal"}"#,
            1.0,
        ),
    ] {
        assert_eq!(sample(&client, name).await, value, "{name}");
    }
    assert!(sample(&client, "process_resident_memory_bytes").await > 1e6);
    assert!(sample(&client, "process_start_time_seconds").await > 1e9);
}

#[tokio::test]
async fn who_comes_through_a_proxy_sees_no_metrics() {
    let client = crate::client();
    for header in ["x-forwarded-for", "forwarded", "via"] {
        let request = client.get("/metrics").header(header, "192.0.2.7");
        request.await.problem(404);
    }
}

#[tokio::test]
async fn with_an_address_of_their_own_metrics_are_nowhere_else() {
    let setup = Setup::faults();
    let mut up = process::command("up", &setup);
    up.args(["--no-build", "--listen", "127.0.0.1:0"]);
    up.args(["--metrics-listen", "127.0.0.1:0"]);
    let process = Process::run(up, setup).await;
    process.client().get("/metrics").await.problem(404);
    let told = |line: &selvedge_tests::logs::Line| line.text.starts_with("Metrics are on");
    let line = process
        .output
        .wait_for("where metrics are", told)
        .await
        .text;
    let address = line
        .split("http://")
        .nth(1)
        .expect("the line has the address");
    let address = address.trim_end_matches("/metrics").parse();
    let client = Client::new(address.expect("the address is one"));
    let text = client.get("/metrics").await.expect(200).text();
    assert!(text.contains("# TYPE selvedge_component_instances gauge"));
    client.get("/hello").await.problem(404);
}
