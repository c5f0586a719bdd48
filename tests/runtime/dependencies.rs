//! Dependencies: components that answer imports of others, with no more than they inherit.

use selvedge_tests::{Application, Setup, setup::component};

/// The faults, with the oracle to answer for their variables.
fn setup(dependency: &str) -> Setup {
    Setup::faults().edited(|manifest| {
        let faults = component(manifest, "faults");
        let table: toml::Table = dependency.parse().expect("the dependency is TOML");
        faults.extend(table);
    })
}

async fn tried(application: &Application, path: &str) -> String {
    application.client().get(path).await.expect(200).text()
}

#[tokio::test]
async fn a_dependency_answers_with_what_it_inherits() {
    let application = setup(
        r#"dependencies."spin:variables/variables" = { component = "oracle", inherit_configuration = ["variables"] }"#,
    )
    .start();
    assert_eq!(
        tried(&application, "/variable?greeting").await,
        "ok: I was told \"hello, world\""
    );
    assert_eq!(
        tried(&application, "/variable?environment").await,
        "ok: I see the environment []"
    );
    assert_eq!(
        tried(&application, "/environment").await,
        r#"{"FLAVOUR":"vanilla"}"#
    );
}

#[tokio::test]
async fn what_a_dependency_does_not_inherit_traps_when_it_is_called_and_not_before() {
    let application = setup(
        "files = [{ source = \"spin.toml\", destination = \"/manifest\" }]\n\
         dependencies.\"spin:variables@3.0.0\" = { component = \"oracle\" }",
    )
    .start();
    let client = application.client();
    assert_eq!(tried(&application, "/list?/").await, "ok: manifest");
    assert_eq!(
        tried(&application, "/variable?files").await,
        "ok: I see files: false"
    );
    client.get("/variable?greeting").await.expect(502);
    assert_eq!(tried(&application, "/hello").await, "hello");
}

#[tokio::test]
async fn all_dependencies_may_inherit_everything() {
    let application = setup(
        "dependencies_inherit_configuration = true\n\
         dependencies.\"spin:variables\" = { component = \"oracle\" }",
    )
    .start();
    assert_eq!(
        tried(&application, "/variable?environment").await,
        "ok: I see the environment [\"FLAVOUR\"]"
    );
    assert_eq!(
        tried(&application, "/variable?greeting").await,
        "ok: I was told \"hello, world\""
    );
}

#[test]
fn a_dependency_that_answers_nothing_is_named() {
    for (dependency, words) in [
        (
            r#"dependencies."spin:nothing" = { component = "oracle" }"#,
            "dependency \"spin:nothing\" is none of its imports",
        ),
        (
            r#"dependencies."spin:sqlite/sqlite" = { component = "oracle" }"#,
            "it does not export spin:sqlite/sqlite@3.1.0",
        ),
        (
            r#"dependencies."spin:sqlite/sqlite" = { component = "oracle", export = "spin:variables/variables@3.0.0" }"#,
            "is another than the import spin:sqlite/sqlite@3.1.0 asks for",
        ),
        (
            r#"dependencies."spin:variables" = { path = "nowhere.wasm" }"#,
            "cannot read its dependency \"spin:variables\"",
        ),
    ] {
        let error = Application::try_start(setup(dependency)).err();
        let error = error.expect("it does not start");
        assert!(
            error.contains("component \"faults\": ") && error.contains(words),
            "{error}"
        );
    }
}
