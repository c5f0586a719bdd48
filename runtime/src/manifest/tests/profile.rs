//! Profiles.

use std::path::Path;

use super::{HEAD, mistakes, one};
use crate::manifest::{Component, DependencySource, Manifest};

#[test]
fn a_profile_replaces_what_it_names_and_keeps_the_rest() {
    let text = format!(
        "{HEAD}{}",
        one("environment = { A = \"1\", B = \"2\" }\n\
             build = { command = \"make\", workdir = \"w\" }\n\
             dependencies = { \"a:b\" = { path = \"b.wasm\" }, plain = { path = \"p.wasm\" } }\n\
             [component.one.profile.debug]\nsource = \"debug.wasm\"\nenvironment = { B = \"3\" }\n\
             build.command = [\"make debug\"]\ndependencies = { \"a:b\" = { path = \"c.wasm\" } }\n")
    );
    let read = |profile| {
        let manifest = Manifest::parse_profile(Path::new("app/spin.toml"), &text, profile);
        manifest
            .unwrap_or_else(|errors| panic!("{errors}"))
            .components["one"]
            .clone()
    };
    let sources = |component: &Component| -> Vec<_> {
        let dependencies = component.dependencies.iter();
        dependencies
            .map(|dependency| (dependency.name.to_string(), dependency.source.clone()))
            .collect()
    };
    let file = |name: &str, path: &str| (name.to_owned(), DependencySource::File(path.into()));
    let (plain, debug) = (read(None), read(Some("debug")));
    assert_eq!(plain.source, Path::new("one.wasm"));
    assert_eq!(debug.source, Path::new("debug.wasm"));
    assert_eq!(debug.environment["A"], "1");
    assert_eq!(debug.environment["B"], "3");
    let build = debug.build.as_ref().expect("a build");
    assert_eq!(
        (build.command.as_slice(), &build.workdir),
        (&["make debug".to_owned()][..], &Some("w".into()))
    );
    assert_eq!(
        sources(&plain),
        [file("a:b", "b.wasm"), file("plain", "p.wasm")]
    );
    assert_eq!(
        sources(&debug),
        [file("plain", "p.wasm"), file("a:b", "c.wasm")]
    );
}

#[test]
fn a_profile_nobody_has_is_refused() {
    let text = format!("{HEAD}{}", one("profile.debug.source = \"d.wasm\"\n"));
    let parse = |profile| Manifest::parse_profile(Path::new("spin.toml"), &text, Some(profile));
    let error = parse("debgu").expect_err("a mistake").to_string();
    assert_eq!(
        error,
        "spin.toml:1: no component has a profile \"debgu\"; did you mean \"debug\"?"
    );
    assert!(parse("debug").is_ok());
}

#[test]
fn a_profile_holds_no_other_keys() {
    assert_eq!(
        mistakes(&one(
            "profile.debug.build = { command = \"make\", workdir = \"w\" }\n"
        )),
        [
            "9: component \"one\": key \"profile.debug.build.workdir\" is unknown; known here: command"
        ]
    );
}
