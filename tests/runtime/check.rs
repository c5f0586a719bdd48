//! `selvedge check`: who can reach what, and a failure for each way an application can be unsound.

use std::process::Output;

use selvedge_tests::{
    Setup, process,
    setup::{component, triggers},
};
use toml::Table;

fn check(setup: Setup) -> (bool, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = process::run("check", &setup);
    let text = |bytes| String::from_utf8(bytes).expect("the command speaks UTF-8");
    (status.success(), text(stdout), text(stderr))
}

/// What `check` says against the application once `edit` has spoilt its manifest.
#[track_caller]
fn offence(edit: impl FnOnce(&mut Table)) -> String {
    let (sound, stdout, stderr) = check(Setup::application().edited(edit));
    assert!(!sound, "check found nothing wrong:\n{stdout}\n{stderr}");
    assert!(!stdout.contains("Sound"), "{stdout}");
    stderr
}

#[track_caller]
fn assert_says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

#[test]
fn the_application_is_sound_and_its_reach_is_printed() {
    let (sound, stdout, stderr) = check(Setup::application());
    assert!(sound, "{stdout}\n{stderr}");
    assert_says(
        &stdout,
        &[
            "request-log → auth-guard → auth",
            "request-log → auth-guard → users",
        ],
    );
    // What stands under a component's name, up to the next empty line.
    let reach = |id: &str| {
        let section = stdout
            .split("\n\n")
            .find(|section| section.trim_start().lines().next() == Some(id));
        section.unwrap_or_else(|| panic!("no section {id:?} in:\n{stdout}"))
    };
    for id in ["auth", "users", "billing"] {
        let databases = reach(id)
            .lines()
            .find(|line| line.trim_start().starts_with("databases"))
            .expect("each has one");
        assert_eq!(
            databases.split_whitespace().last(),
            Some(id),
            "each concern has its own database, and no other"
        );
    }
    assert_says(reach("request-log"), &["as middleware", "nothing"]);
    assert_says(
        reach("auth-guard"),
        &["as middleware", "allowed_outbound_hosts, variables"],
    );
}

#[test]
fn a_route_without_a_required_middleware_is_an_offence() {
    let said = offence(|manifest| {
        let users =
            triggers(manifest).find(|trigger| trigger["component"].as_str() == Some("users"));
        let middleware = users.expect("it has a route")["dependencies"]["middleware"]
            .as_array_mut()
            .expect("a list");
        middleware.remove(0);
    });
    assert_says(
        &said,
        &["/v1/users/...", "request-log", "dependencies.middleware"],
    );
    assert!(
        !said.contains("/v1/auth"),
        "only the offender is named: {said}"
    );
}

#[test]
fn a_route_without_any_middleware_is_named_for_each_one_it_misses() {
    let said = offence(|manifest| {
        let billing =
            triggers(manifest).find(|trigger| trigger["component"].as_str() == Some("billing"));
        billing.expect("it has a route").remove("dependencies");
    });
    assert_says(&said, &["/v1/billing/...", "request-log", "auth-guard"]);
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn a_misspelt_grant_is_an_offence() {
    let said = offence(|manifest| {
        component(manifest, "users").insert("sqlite_database".into(), vec!["users"].into());
    });
    assert_says(&said, &["users", "sqlite_database", "sqlite_databases"]);
}

#[test]
fn a_misspelt_inherited_grant_is_an_offence() {
    let said = offence(|manifest| {
        let trigger = triggers(manifest).next().expect("there is one");
        trigger["dependencies"]["middleware"][1]["inherit_configuration"] = vec!["variable"].into();
    });
    assert_says(&said, &["variable", "did you mean \"variables\"?"]);
}

#[test]
fn a_host_that_no_component_answers_for_is_an_offence() {
    let said = offence(|manifest| {
        component(manifest, "users").insert(
            "allowed_outbound_hosts".into(),
            vec!["http://auht.spin.internal"].into(),
        );
    });
    assert_says(&said, &["users", "auht"]);
}

#[test]
fn a_host_that_cannot_be_read_is_an_offence() {
    let said = offence(|manifest| {
        component(manifest, "users").insert(
            "allowed_outbound_hosts".into(),
            vec!["auth.spin.internal"].into(),
        );
    });
    assert_says(&said, &["users", "auth.spin.internal", "SCHEME://HOST"]);
}

#[test]
fn a_variable_nobody_declared_is_an_offence() {
    let said = offence(|manifest| {
        let users = component(manifest, "users");
        users["variables"]["issuer"] = "{{ isuer }}".into();
    });
    assert_says(&said, &["isuer", "did you mean \"issuer\"?"]);
}

#[test]
fn a_component_that_was_not_built_is_an_offence() {
    let said = offence(|manifest| {
        component(manifest, "users").insert("source".into(), "nowhere/users.wasm".into());
    });
    assert_says(&said, &["users", "nowhere/users.wasm", "selvedge build"]);
}

#[test]
fn a_middleware_that_is_not_there_is_an_offence() {
    let said = offence(|manifest| {
        let trigger = triggers(manifest).next().expect("there is one");
        trigger["dependencies"]["middleware"][0]["component"] = "request-logs".into();
    });
    assert_says(&said, &["request-logs", "did you mean \"request-log\"?"]);
}

#[test]
fn every_mistake_is_told_at_once_with_file_and_line() {
    let said = offence(|manifest| {
        component(manifest, "users").insert("sqlite_databses".into(), vec!["users"].into());
        component(manifest, "billing").insert("ai_models".into(), vec!["llama"].into());
        let trigger = triggers(manifest).next().expect("there is one");
        trigger["route"] = "/a/.../b".into();
    });
    assert_says(&said, &["sqlite_databses", "ai_models", "/a/.../b"]);
    let places = said
        .lines()
        .filter(|line| line.contains("spin.toml:"))
        .count();
    assert_eq!(places, said.lines().count(), "{said}");
}

#[test]
fn a_manifest_that_is_not_there_is_said_to_be_missing() {
    let mut setup = Setup::application();
    setup.manifest = setup.state.path().join("elsewhere.toml");
    let (sound, _, said) = check(setup);
    assert!(!sound);
    assert_says(&said, &["elsewhere.toml"]);
}

#[test]
fn a_label_that_the_runtime_configuration_lacks_is_an_offence() {
    let setup = Setup::application().edited(|_| ());
    std::fs::write(
        setup.state.path().join("runtime-config.toml"),
        "[sqlite_database.auth]\ntype = \"spin\"\n",
    )
    .expect("the state can be written to");
    let (sound, _, said) = check(setup);
    assert!(!sound);
    assert_says(
        &said,
        &[
            "users",
            "billing",
            "[sqlite_database.users]",
            "[sqlite_database.billing]",
        ],
    );
    assert!(!said.contains("[sqlite_database.auth]"), "{said}");
}
