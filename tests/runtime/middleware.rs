//! Middleware: composed in front of a service, with the grants it inherits and no others.

use selvedge_tests::{
    Application, Person, Setup,
    setup::{component, triggers},
};
use toml::{Table, Value};

/// Makes every trigger's entry for `middleware` what `edit` makes of it.
fn edit_middleware(manifest: &mut Table, middleware: &str, edit: impl Fn(&mut Table)) {
    for trigger in triggers(manifest) {
        let entries = trigger["dependencies"]["middleware"]
            .as_array_mut()
            .expect("middleware is a list");
        let tables = entries.iter_mut().filter_map(Value::as_table_mut);
        tables
            .filter(|entry| entry["component"].as_str() == Some(middleware))
            .for_each(&edit);
    }
}

fn refusal(setup: Setup) -> String {
    Application::try_start(setup)
        .err()
        .expect("it must not start")
}

#[test]
fn a_middleware_that_imports_what_it_does_not_inherit_is_refused() {
    let setup = Setup::application().edited(|manifest| {
        edit_middleware(manifest, "auth-guard", |entry| {
            drop(entry.remove("inherit_configuration"))
        });
    });
    let error = refusal(setup);
    for word in [
        "auth-guard",
        "allowed_outbound_hosts",
        "variables",
        "inherit_configuration",
    ] {
        assert!(error.contains(word), "{word} is not in: {error}");
    }
}

#[test]
fn inheriting_one_thing_is_not_inheriting_another() {
    let setup = Setup::application().edited(|manifest| {
        edit_middleware(manifest, "auth-guard", |entry| {
            entry.insert("inherit_configuration".into(), vec!["variables"].into());
        });
    });
    let error = refusal(setup);
    assert!(error.contains("wasi:http/client"), "{error}");
    assert!(!error.contains("spin:variables"), "{error}");
}

#[test]
fn a_service_is_no_middleware() {
    let setup = Setup::application().edited(|manifest| {
        for trigger in triggers(manifest) {
            let middleware = trigger["dependencies"]["middleware"]
                .as_array_mut()
                .expect("middleware is a list");
            middleware[0]["component"] = "users".into();
        }
        let grants = component(manifest, "users");
        for grant in ["sqlite_databases", "allowed_outbound_hosts", "variables"] {
            grants.remove(grant);
        }
    });
    let error = refusal(setup);
    assert!(
        error.contains("users") && error.contains("middleware"),
        "{error}"
    );
}

#[tokio::test]
async fn a_middleware_reaches_the_component_behind_it_even_if_that_has_one_instance() {
    let setup = Setup::application().edited(|manifest| {
        let limits: Table = "selvedge = { max_instances = 1 }"
            .parse()
            .expect("it is TOML");
        component(manifest, "auth").insert("tool".into(), limits.into());
    });
    let application = setup.start();
    let person = Person::sign_up(&application.client()).await;
    // The guard in front of auth asks auth for its keys while it keeps the only place.
    person.client.get("/v1/auth/sessions").await.expect(200);
}
