//! `selvedge up`: what it says when it starts, and when it cannot.

use selvedge_tests::{Setup, process};

#[tokio::test]
async fn starting_prints_routes_chains_and_what_to_try() {
    let process = Setup::application().spawn().await;
    process
        .output
        .wait_for("to try", |line| {
            line.text
                .contains(&format!("curl http://{}/v1/billing/plans", process.address))
        })
        .await;
    let output = process.output.to_string();
    for words in [
        "/v1/auth/...",
        "/v1/users/...",
        "request-log → auth-guard → billing",
    ] {
        assert!(output.contains(words), "{words:?} is not in:\n{output}");
    }
    assert_eq!(
        process
            .client()
            .get("/v1/billing/plans")
            .await
            .expect(200)
            .header("x-selvedge-component"),
        None
    );
    process.stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let taken = crate::faults().address.to_string();
    let mut command = process::command("up", &Setup::faults());
    let output = command
        .args(["--no-build", "--listen", &taken])
        .output()
        .expect("the command can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(&taken), "{said}");
}

#[test]
fn an_unsound_application_does_not_start() {
    let setup = Setup::faults().edited(|manifest| drop(manifest.remove("variables")));
    let output = process::command("up", &setup)
        .args(["--no-build", "--listen", "127.0.0.1:0"])
        .output();
    let output = output.expect("the command can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("greeting"),
        "{said}"
    );
}

#[test]
fn a_component_that_is_not_there_cannot_be_selected() {
    let output = process::command("up", &Setup::faults().only("nobody"))
        .args(["--no-build", "--listen", "127.0.0.1:0"])
        .output();
    let output = output.expect("the command can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("nobody") && said.contains("neighbour"),
        "{said}"
    );
}
