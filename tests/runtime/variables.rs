//! Where the values of variables come from.

use selvedge_tests::{Application, Setup, process};

/// What the component reads as `greeting`.
async fn greeting(application: &Application) -> String {
    application
        .client()
        .get("/variable?greeting")
        .await
        .expect(200)
        .text()
}

#[tokio::test]
async fn a_variable_has_its_default_until_it_is_given_another_value() {
    assert_eq!(greeting(crate::faults()).await, "ok: hello, world");
    let application = Setup::faults().variable("greeting", "good morning").start();
    assert_eq!(greeting(&application).await, "ok: good morning, world");
}

#[tokio::test]
async fn a_runtime_configuration_gives_values_and_the_command_line_others() {
    let config = "[[variables_provider]]\ntype = \"static\"\nvalues = { greeting = \"salve\" }\n";
    let application = Setup::faults().configured(config).start();
    assert_eq!(greeting(&application).await, "ok: salve, world");
    let given = Setup::faults()
        .configured(config)
        .variable("greeting", "hi");
    assert_eq!(greeting(&given.start()).await, "ok: hi, world");
}

#[test]
fn a_required_variable_without_a_value_is_refused_with_the_ways_to_give_one() {
    let mut setup = Setup::faults();
    setup.variables.clear();
    let error = Application::try_start(setup)
        .err()
        .expect("it has no value");
    assert!(
        error.contains("password") && error.contains("SPIN_VARIABLE_PASSWORD"),
        "{error}"
    );
}

#[test]
fn a_value_for_no_variable_is_refused() {
    let setup = Setup::faults().variable("greetings", "hi");
    let error = Application::try_start(setup)
        .err()
        .expect("there is no such variable");
    assert!(
        error.contains("greetings") && error.contains("greeting\""),
        "{error}"
    );
}

#[test]
fn a_secret_is_shown_nowhere() {
    let output = process::run("check", &Setup::faults());
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("open sesame"), "{said}");
}
