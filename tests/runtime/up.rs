//! `selvedge up`: what it says when it starts, and when it cannot.

use std::fs;

use selvedge_tests::{Process, Setup, components, process};

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
async fn what_is_not_built_is_built_first() {
    let mut setup = Setup::faults();
    setup.variables.clear();
    let faults = components::workspace().join("target/wasm32-wasip2/release/faults.wasm");
    let manifest = format!(
        r#"
spin_manifest_version = 2
application.name = "built"
[[trigger.http]]
route = "/..."
component = "one"
[component.one]
source = "one.wasm"
build.command = "cp '{}' one.wasm"
"#,
        faults.display()
    );
    setup.manifest = setup.state.path().join("spin.toml");
    fs::write(&setup.manifest, manifest).expect("the state can be written to");
    let mut up = process::command("up", &setup);
    up.args(["--listen", "127.0.0.1:0"]);
    let process = Process::run(up, setup).await;
    process.client().get("/hello").await.expect(200);
}

#[tokio::test]
async fn what_it_begins_with_is_there_before_the_first_request() {
    let setup = Setup::faults();
    let sql = setup.state.path().join("begin.sql");
    let script = "-- Notes; and who counts them.\n\
         CREATE TABLE notes (text TEXT);\n\
         CREATE TABLE counts (n INTEGER);\n\
         CREATE TRIGGER count AFTER INSERT ON notes BEGIN\n\
           INSERT INTO counts VALUES (length(new.text)); SELECT 1;\n\
         END;\n\
         INSERT INTO notes VALUES ('a;b')";
    fs::write(&sql, script).expect("the state can be written to");
    let mut up = process::command("up", &setup);
    up.args(["--no-build", "--listen", "127.0.0.1:0"]);
    up.args(["--key-value", "greeting=good=morning"]);
    up.arg("--sqlite")
        .arg(format!("@{}:journal", sql.display()));
    let process = Process::run(up, setup).await;
    let client = process.client();
    let value = client.get("/value?greeting").await.expect(200).text();
    assert_eq!(value, "ok: good=morning");
    let select = client
        .post("/sql?journal", &().into())
        .body("SELECT n FROM counts");
    assert_eq!(select.await.expect(200).text(), "ok: [[3]]");
}

#[test]
fn what_it_cannot_begin_with_is_named() {
    let refusal = |flags: [&str; 2]| {
        let setup = Setup::faults().only("hidden");
        let mut up = process::command("up", &setup);
        up.args(["--no-build", "--listen", "127.0.0.1:0"]);
        let output = up.args(flags).output().expect("the command can be run");
        assert!(!output.status.success(), "{flags:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for (flags, named) in [
        (
            ["--key-value", "a=b"],
            "--key-value a: no component has \"default\" in key_value_stores",
        ),
        (
            ["--sqlite", "SELECT 1"],
            "--sqlite SELECT 1: no component has \"default\" in sqlite_databases",
        ),
        (
            ["--sqlite", "@nowhere.sql"],
            "--sqlite @nowhere.sql: cannot read nowhere.sql",
        ),
        (["--key-value", "a"], "write NAME=VALUE"),
    ] {
        let error = refusal(flags);
        assert!(error.contains(named), "{flags:?}: {error}");
    }
}

#[tokio::test]
async fn flags_reach_the_components() {
    let setup = Setup::faults()
        .variable("greeting", "good evening")
        .environment("FLAVOUR", "chocolate")
        .environment("SIZE", "2");
    let process = setup
        .only("faults")
        .only("neighbour")
        .only("hidden")
        .spawn()
        .await;
    let client = process.client();
    let get = async |path: &str| client.get(path).await.expect(200).text();
    assert_eq!(get("/variable?greeting").await, "ok: good evening, world");
    let environment = get("/environment").await;
    assert_eq!(environment, r#"{"FLAVOUR":"chocolate","SIZE":"2"}"#);
}

#[tokio::test]
async fn the_environment_names_the_address_unless_a_flag_does() {
    let taken = crate::faults().address.to_string();
    let setup = Setup::faults();
    let mut up = process::command("up", &setup);
    up.arg("--no-build").env("SPIN_HTTP_LISTEN_ADDR", &taken);
    let output = up.output().expect("the command can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(&taken), "{said}");

    let mut up = process::command("up", &setup);
    up.args(["--no-build", "--listen", "127.0.0.1:0"]);
    up.env("SPIN_HTTP_LISTEN_ADDR", &taken);
    let process = Process::run(up, setup).await;
    assert_ne!(process.address.to_string(), taken);
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
