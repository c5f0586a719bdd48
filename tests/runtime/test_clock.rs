//! `selvedge up --test-clock`: tests set the time of day that components see.

use http::Method;
use selvedge_tests::{Client, Person, Process, Setup, process};
use serde_json::{Value, json};

const CLOCK: &str = "/_selvedge/clock";

async fn with_clock() -> Process {
    let setup = Setup::application();
    let mut up = process::command("up", &setup);
    up.args(["--no-build", "--listen", "127.0.0.1:0", "--test-clock"]);
    Process::run(up, setup).await
}

async fn set(client: &Client, change: &Value) -> String {
    let answer = client.post(CLOCK, change).await.expect(200).json();
    answer["now"].as_str().expect("the time is told").to_owned()
}

#[tokio::test]
async fn components_see_the_time_that_was_set() {
    let process = with_clock().await;
    let client = process.client();
    let now = set(&client, &json!({"now": "2100-01-31T12:00:00Z"})).await;
    assert!(now.starts_with("2100-01-31T12:"), "{now}");
    let person = Person::sign_up(&client).await;
    let me = person.client.get("/v1/users/me").await.expect(200).json();
    let created = me["created_at"].as_str().unwrap_or_default();
    assert!(created.starts_with("2100-01-31T12:"), "{me}");

    let now = set(&client, &json!({"advance": "1mo"})).await;
    assert!(now.starts_with("2100-02-28T12:"), "{now}");
    assert_eq!(
        client.get(CLOCK).await.expect(200).json()["now"]
            .as_str()
            .map(|now| &now[..14]),
        Some(&now[..14])
    );
    person.client.get("/v1/users/me").await.problem(401);
}

#[tokio::test]
async fn only_a_sensible_request_of_this_machine_moves_it() {
    let process = with_clock().await;
    let client = process.client();
    for wrong in [
        json!({}),
        json!({"now": "tomorrow"}),
        json!({"advance": 15}),
        json!({"now": "2100-01-01T00:00:00Z", "advance": "1h"}),
    ] {
        client.post(CLOCK, &wrong).await.problem(400);
    }
    for unreachable in [
        json!({"now": "2001-01-01T00:00:00Z"}),
        json!({"now": "2300-01-01T00:00:00Z"}),
        json!({"advance": "-1h"}),
        json!({"advance": "900y"}),
    ] {
        client.post(CLOCK, &unreachable).await.problem(422);
    }
    let change = json!({"advance": "1h"});
    let plain = client.request(Method::POST, CLOCK).body(change.to_string());
    plain.await.problem(415);
    let forwarded = client
        .post(CLOCK, &change)
        .header("x-forwarded-for", "192.0.2.7");
    forwarded.await.problem(404);
    client.delete(CLOCK).await.problem(405);
}

#[tokio::test]
async fn without_the_flag_there_is_no_such_clock() {
    let process = Setup::application().spawn().await;
    process
        .client()
        .post(CLOCK, &json!({"advance": "1h"}))
        .await
        .problem(404);
}

#[test]
fn a_clock_that_others_could_set_is_refused() {
    let output = process::command("up", &Setup::faults())
        .args(["--no-build", "--listen", "0.0.0.0:0", "--test-clock"])
        .output()
        .expect("the command can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("--test-clock"),
        "{said}"
    );
}
