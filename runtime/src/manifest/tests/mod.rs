//! Whole manifests, good and bad; beside this file, what is about one part of them.

mod component;
mod dependency;
mod files;
mod middleware;
mod profile;
mod settings;
mod trigger;
mod variables;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;

const HEAD: &str = "spin_manifest_version = 2\n[application]\nname = \"shop\"\n";

fn parse(text: &str) -> Result<Manifest, ManifestErrors> {
    Manifest::parse(Path::new("app/spin.toml"), text)
}

fn good(body: &str) -> Manifest {
    parse(&format!("{HEAD}{body}")).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The mistakes of `body`, whose first line is line 4.
fn mistakes(body: &str) -> Vec<String> {
    let errors = parse(&format!("{HEAD}{body}"))
        .expect_err("a mistake")
        .to_string();
    errors
        .lines()
        .map(|line| line.replacen("app/spin.toml:", "", 1))
        .collect()
}

/// A component `one` that answers `/one`, and `keys` in its table, the first of which is on line 9.
fn one(keys: &str) -> String {
    format!(
        "[[trigger.http]]\nroute = \"/one\"\ncomponent = \"one\"\n[component.one]\nsource = \"one.wasm\"\n{keys}"
    )
}

#[test]
fn a_whole_manifest_is_read() {
    let manifest = good(
        r#"
version = "1.2.0"
description = "A shop"
authors = ["Ada"]
tool.selvedge.trusted_proxies = ["10.0.0.0/8", "::1"]
tool.selvedge.required_middleware = ["log"]
tool.selvedge.examples = ["curl {url}/one"]

[variables]
admin_email = { default = "" }
token = { required = true, secret = true, description = "For the bank" }

[[trigger.http]]
route = "/v1/users/..."
component = "users"
dependencies.middleware = [
    { component = "log" },
    { component = "guard", inherit_configuration = ["variables", "allowed_outbound_hosts"] },
]

[[trigger.http]]
id = "bank"
route = { private = true }
component = "bank"
executor = { type = "http" }

[component.users]
source = "target/users.wasm"
description = "Who you are with"
variables = { admin = "<{{ admin_email }}>" }
environment = { MODE = "dark" }
allowed_outbound_hosts = ["http://bank.spin.internal"]
sqlite_databases = ["users"]
key_value_stores = ["default"]
build.command = "cargo build"
build.workdir = "components/users"
build.watch = ["src/**/*.rs"]
tool.selvedge = { memory = "64MiB", deadline = "500ms", max_instances = 8, max_concurrency = 4, max_body = 1024 }
tool.other.whatever = true

[component.bank]
source = "bank.wasm"
build.command = ["make", "make install"]
variables.token = "{{ token }}"

[component.log]
source = "log.wasm"
[component.guard]
source = "guard.wasm"
"#,
    );
    assert_eq!(manifest.root, Path::new("app"));
    assert_eq!(manifest.application.version, "1.2.0");
    assert_eq!(manifest.settings.trusted_proxies.len(), 2);
    assert_eq!(manifest.settings.required_middleware, ["log"]);
    assert_eq!(manifest.settings.examples, ["curl {url}/one"]);
    assert!(manifest.variables["token"].required() && manifest.variables["token"].secret);
    assert_eq!(
        manifest.variables["admin_email"].default.as_deref(),
        Some("")
    );

    let [users, bank] = &manifest.triggers[..] else {
        panic!("two triggers")
    };
    assert_eq!((users.id.as_str(), users.line), ("users-http-trigger", 16));
    assert_eq!((bank.id.as_str(), &bank.route), ("bank", &Route::Private));
    let [log, guard] = &users.middleware[..] else {
        panic!("two middlewares")
    };
    assert_eq!(
        (log.component.as_str(), &log.inherit),
        ("log", &Inherit::None)
    );
    assert!(guard.inherit.includes(Capability::Variables));
    assert!(!guard.inherit.includes(Capability::SqliteDatabases));

    let users = &manifest.components["users"];
    assert_eq!(users.source, Path::new("target/users.wasm"));
    let build = users.build.as_ref().expect("a build");
    assert_eq!(build.command, ["cargo build"]);
    assert_eq!(
        build.workdir.as_deref(),
        Some(Path::new("components/users"))
    );
    assert_eq!(users.variables["admin"].to_string(), "<{{ admin_email }}>");
    assert_eq!(
        (users.settings.memory, users.settings.max_body),
        (64 << 20, 1024)
    );
    assert_eq!(users.settings.deadline, Duration::from_millis(500));
    assert_eq!(
        (
            users.settings.max_instances.get(),
            users.settings.max_concurrency.get()
        ),
        (8, 4)
    );
    let bank = &manifest.components["bank"];
    assert_eq!(bank.settings, Settings::default());
    assert_eq!(
        bank.build.as_ref().expect("a build").command,
        ["make", "make install"]
    );
    assert_eq!(bank.build.as_ref().expect("a build").workdir, None);
}

#[test]
fn a_manifest_of_another_version_is_refused_as_a_whole() {
    for (version, rule) in [
        (
            "\"1\"",
            "is \"1\"; rewrite the manifest in version 2, which \"spin doctor\" does",
        ),
        ("3", "must be 2"),
    ] {
        let text = format!("spin_manifest_version = {version}\nname = \"x\"\n[[component]]\n");
        assert_eq!(
            parse(&text).expect_err("a mistake").to_string(),
            format!("app/spin.toml:1: key \"spin_manifest_version\" {rule}")
        );
    }
}

#[test]
fn nothing_a_file_may_hold_makes_the_reader_fall() {
    let whole = format!(
        "{HEAD}{}",
        one("variables = { a = \"b\" }\nbuild.command = [1]\n")
    );
    for end in 0..whole.len() {
        let _ = parse(&whole[..end]);
    }
    for odd in [
        "",
        "component = 1",
        "trigger = []",
        "trigger.http = 1",
        "[[component]]",
        "variables = \"\"",
        "\0",
        "[[",
    ] {
        assert!(parse(odd).is_err(), "{odd}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let path = PathBuf::from("/nowhere/spin.toml");
    let errors = Manifest::load(&path).expect_err("no such file").to_string();
    assert!(
        errors.starts_with("/nowhere/spin.toml: cannot be read: "),
        "{errors}"
    );
}

#[test]
fn a_key_that_is_there_twice_is_named() {
    let found = mistakes("[component.one]\nsource = \"a\"\nsource = \"b\"\n");
    assert_eq!(found, ["6: duplicate key: source"]);
}

#[test]
fn a_manifest_of_version_1_is_told_apart_from_one_without_a_version() {
    for (text, said) in [
        (
            "spin_version = \"1\"\nname = \"a\"\n",
            "is a manifest of version 1",
        ),
        ("name = \"a\"\n", "key \"spin_manifest_version\" is missing"),
    ] {
        let errors = parse(text).expect_err("a mistake").to_string();
        assert!(errors.contains(said), "{errors}");
    }
}
