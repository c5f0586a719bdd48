//! Components: their grants, sources and names.

use super::{good, mistakes, one};

#[test]
fn a_misspelt_grant_is_named_with_its_line_and_component() {
    assert_eq!(
        mistakes(&one("sqlite_database = [\"billing\"]\n")),
        [
            "9: component \"one\": key \"sqlite_database\" is unknown; did you mean \"sqlite_databases\"?"
        ]
    );
}

#[test]
fn what_is_not_supported_is_named_rather_than_ignored() {
    let rows = [
        ("ai_models = [\"llama\"]", "ai_models"),
        (
            "allowed_http_hosts = [\"example.com\"]",
            "allowed_http_hosts",
        ),
    ];
    for (line, key) in rows {
        let found = mistakes(&one(&format!("{line}\n")));
        let expected = format!("9: component \"one\": key \"{key}\" is not supported; ");
        assert!(
            found.len() == 1 && found[0].starts_with(&expected),
            "{found:?}"
        );
    }
    good(&one("ai_models = []\ntargets = [\"spin-up:4.1\"]\n"));
}

#[test]
fn remote_sources_are_not_supported() {
    let trigger = "[[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\n";
    assert_eq!(
        mistakes(&format!(
            "{trigger}[component.a]\nsource = {{ url = \"https://a/b\", digest = \"sha256:0\" }}\n"
        )),
        [
            "8: component \"a\": key \"source\" must be the path of a file: \
             sources by URL or from a registry are not supported"
        ]
    );
}

#[test]
fn components_that_do_not_exist_are_named_with_the_likely_one() {
    let body = "[[trigger.http]]\nroute = \"/\"\ncomponent = \"bilings\"\n\
                dependencies.middleware = [{ component = \"zebra\" }]\n[component.billing]\nsource = \"a.wasm\"\n";
    assert_eq!(
        mistakes(body),
        [
            "4: trigger \"bilings-http-trigger\": there is no component \"bilings\"; did you mean \"billing\"?",
            "4: trigger \"bilings-http-trigger\": there is no component \"zebra\"; declare it: [component.zebra]",
        ]
    );
}

#[test]
fn names_spin_would_refuse_are_refused() {
    let body = "[[trigger.http]]\nroute = \"/\"\ncomponent = \"a_b\"\n[component.a_b]\nsource = \"a.wasm\"\n\
                sqlite_databases = [\"../auth\"]\n";
    assert_eq!(
        mistakes(body),
        [
            "7: key \"component.a_b\" is not a component's name: it must be words of ASCII letters and digits that \
             begin with a letter, joined by \"-\"",
            "9: component \"a_b\": key \"sqlite_databases\" holds \"../auth\", which is not a label: it must be \
             words of ASCII letters and digits, joined by \"-\" or by \"_\"",
        ]
    );
}
