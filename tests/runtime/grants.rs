//! A component reaches what its manifest entry grants, and nothing else. The component is the same; the grants differ.

use selvedge_tests::{Setup, setup::component};

use crate::{client, faults};

/// What the component at `path` reports of what it tried.
async fn tried(path: &str) -> String {
    client().get(path).await.expect(200).text()
}

/// What the component at `path` reports of running `sql`.
async fn queried(path: &str, sql: &str) -> String {
    let request = client().post(path, &().into()).body(sql.to_owned());
    request.await.expect(200).text()
}

#[tokio::test]
async fn a_database_is_open_to_those_it_was_granted_to_only() {
    assert_eq!(queried("/sql?journal", "SELECT 1").await, "ok: [[1]]");
    assert_eq!(
        queried("/neighbour/sql?journal", "SELECT 1").await,
        "refused: Error::AccessDenied"
    );
    assert_eq!(
        queried("/sql?auth", "SELECT 1").await,
        "refused: Error::AccessDenied"
    );
    assert_eq!(
        queried("/sql?../journal", "SELECT 1").await,
        "refused: Error::AccessDenied"
    );
}

#[tokio::test]
async fn a_database_is_no_way_to_another_file() {
    let other = faults().state().join("other.db");
    let other = other.display();
    for sql in [
        format!("ATTACH '{other}' AS other"),
        format!("VACUUM INTO '{other}'"),
        "SELECT load_extension('/tmp/anything')".to_owned(),
        "PRAGMA journal_mode = OFF".to_owned(),
        "PRAGMA synchronous = OFF".to_owned(),
        "PRAGMA writable_schema = ON".to_owned(),
        "PRAGMA temp_store_directory = '/tmp'".to_owned(),
    ] {
        let outcome = queried("/sql?journal", &sql).await;
        assert!(outcome.starts_with("refused: "), "{sql}: {outcome}");
    }
    assert!(!faults().state().join("other.db").exists());
}

#[tokio::test]
async fn a_key_value_store_is_open_to_those_it_was_granted_to_only() {
    assert_eq!(tried("/store?default").await, "ok: open");
    assert_eq!(
        tried("/neighbour/store?default").await,
        "refused: Error::AccessDenied"
    );
    assert!(tried("/store?elsewhere").await.starts_with("refused: "));
}

#[tokio::test]
async fn a_variable_is_read_by_those_it_was_granted_to_only() {
    assert_eq!(tried("/variable?password").await, "ok: open sesame");
    assert!(
        tried("/neighbour/variable?password")
            .await
            .starts_with("refused: ")
    );
    assert!(tried("/variable?unknown").await.starts_with("refused: "));
}

#[tokio::test]
async fn the_environment_is_what_the_manifest_says_and_nothing_of_the_hosts() {
    assert_eq!(tried("/environment").await, r#"{"FLAVOUR":"vanilla"}"#);
    assert_eq!(tried("/neighbour/environment").await, "{}");
}

#[tokio::test]
async fn a_request_goes_to_allowed_hosts_only() {
    // A server that would be reached, were the request let out.
    let elsewhere = faults().address;
    for url in [
        format!("http://{elsewhere}/hello"),
        format!("http://localhost:{}/hello", elsewhere.port()),
        "http://small.spin.internal/hello".to_owned(),
        "http://neighbour.spin.internal.example.com/".to_owned(),
        "http://neighbour.spin.internal:81/hello".to_owned(),
        "https://neighbour.spin.internal/hello".to_owned(),
    ] {
        let outcome = tried(&format!("/fetch?{url}")).await;
        assert!(
            outcome.starts_with("refused: ErrorCode::HttpRequestDenied"),
            "{url}: {outcome}"
        );
    }
    assert_eq!(
        tried("/fetch?http://neighbour.spin.internal/hello").await,
        "ok: 200 hello"
    );
    assert!(
        tried("/neighbour/fetch?http://hidden.spin.internal/hello")
            .await
            .starts_with("refused: ")
    );
}

#[tokio::test]
async fn an_allowed_host_outside_is_reached() {
    let elsewhere = faults().address;
    let setup = Setup::faults().edited(|manifest| {
        let neighbour = component(manifest, "neighbour");
        neighbour.insert(
            "allowed_outbound_hosts".into(),
            vec![format!("http://{elsewhere}")].into(),
        );
    });
    let application = setup.start();
    let answer = application
        .client()
        .get(&format!("/neighbour/fetch?http://{elsewhere}/hello"))
        .await
        .expect(200);
    assert_eq!(answer.text(), "ok: 200 hello");
}

/// What a component that may send requests to `allowed` gets from another application on this machine, asked by each
/// of `names`, under a runtime configuration.
async fn fetched(allowed: &str, names: &[&str], config: &str) -> Vec<String> {
    let port = faults().address.port();
    let setup = Setup::faults().configured(config).edited(|manifest| {
        let hosts = vec![allowed.replace("PORT", &port.to_string())];
        component(manifest, "neighbour").insert("allowed_outbound_hosts".into(), hosts.into());
    });
    let application = setup.start();
    let client = application.client();
    let mut answers = Vec::new();
    for name in names {
        let path = format!("/neighbour/fetch?http://{name}:{port}/hello");
        answers.push(client.get(&path).await.expect(200).text());
    }
    answers
}

#[tokio::test]
async fn a_wildcard_does_not_lead_into_private_networks() {
    let names = ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"];
    for answer in fetched("*://*:*", &names, "").await {
        assert_eq!(answer, "refused: ErrorCode::DestinationIpProhibited");
    }
}

#[tokio::test]
async fn a_private_network_is_reached_by_whom_the_manifest_names_it_for() {
    for allowed in ["http://127.0.0.1:PORT", "http://127.0.0.0/8:PORT"] {
        assert_eq!(
            fetched(allowed, &["127.0.0.1"], "").await,
            ["ok: 200 hello"]
        );
    }
    let by_name = fetched("http://localhost:PORT", &["localhost"], "").await;
    assert_eq!(by_name, ["ok: 200 hello"]);
}

#[tokio::test]
async fn the_runtime_configuration_opens_and_closes_private_networks() {
    let networking = |networks| format!("[outbound_networking]\nblock_networks = [{networks}]\n");
    let open = fetched("*://*:*", &["127.0.0.1"], &networking("")).await;
    assert_eq!(open, ["ok: 200 hello"]);
    let closed = networking("\"private\"");
    let answers = fetched("http://127.0.0.1:PORT", &["127.0.0.1"], &closed).await;
    assert_eq!(answers, ["refused: ErrorCode::DestinationIpProhibited"]);
}

#[tokio::test]
async fn instances_of_one_component_see_the_same_data_and_those_of_another_do_not() {
    queried(
        "/sql?journal",
        "CREATE TABLE IF NOT EXISTS shelves (name TEXT)",
    )
    .await;
    queried("/sql?journal", "INSERT INTO shelves VALUES ('oak')").await;
    assert_eq!(
        queried("/hasty/sql?journal", "SELECT name FROM shelves").await,
        r#"ok: [["oak"]]"#
    );
    let application = Setup::faults().start();
    let request = application
        .client()
        .post("/sql?journal", &().into())
        .body("SELECT name FROM shelves");
    assert!(request.await.expect(200).text().contains("no such table"));
}
