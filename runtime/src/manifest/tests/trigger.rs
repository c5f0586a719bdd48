//! Triggers: their components, routes, ids, and what answers them without a component.

use std::path::Path;

use super::{good, mistakes, one, parse};
use crate::manifest::{Executor, Target};

#[test]
fn a_component_may_stand_inside_its_trigger() {
    let manifest = good("[[trigger.http]]\nroute = \"/\"\ncomponent = { source = \"a.wasm\" }\n");
    assert_eq!(manifest.triggers[0].id, "http-trigger1");
    assert_eq!(
        manifest.triggers[0].component(),
        Some("http-trigger1-component")
    );
    assert_eq!(
        manifest.components["http-trigger1-component"].source,
        Path::new("a.wasm")
    );
}

#[test]
fn a_second_trigger_of_a_component_gets_another_id() {
    let manifest = good(&one(
        "[[trigger.http]]\nroute = \"/two\"\ncomponent = \"one\"\n",
    ));
    assert_eq!(manifest.triggers[0].id, "one-http-trigger");
    assert_eq!(manifest.triggers[1].id, "http-trigger1");
}

#[test]
fn other_triggers_are_not_supported() {
    assert_eq!(
        mistakes(&one("[[trigger.redis]]\nchannel = \"x\"\n")),
        ["9: key \"trigger.redis\" is not supported; \"trigger.http\" is the only trigger"]
    );
}

/// A trigger beside that of `one`, with these `keys`, the first of which is on line 11.
fn beside(keys: &str) -> String {
    one(&format!("[[trigger.http]]\nroute = \"/s\"\n{keys}"))
}

#[test]
fn a_static_response_needs_no_component() {
    let manifest = good(&beside(
        "static_response = { status_code = 301, headers = { location = \"/one\" }, body = \"there\" }\n",
    ));
    let Target::Static(response) = &manifest.triggers[1].target else {
        panic!("{:?}", manifest.triggers[1]);
    };
    let response = response.response();
    assert_eq!(response.status(), 301);
    assert_eq!(response.headers()["location"], "/one");
    assert_eq!(response.body(), "there");
    assert_eq!(manifest.triggers[1].id, "http-trigger1");

    let empty = good(&beside("static_response = {}\n"));
    let Target::Static(response) = &empty.triggers[1].target else {
        panic!("{:?}", empty.triggers[1]);
    };
    assert_eq!(
        (
            response.response().status().as_u16(),
            response.response().body().len()
        ),
        (200, 0)
    );
}

#[test]
fn a_static_response_that_could_not_be_sent_is_refused() {
    let rows = [
        (
            "{ status_code = 100 }",
            "key \"static_response.status_code\" must be a number from 200 to 999",
        ),
        (
            "{ status_code = \"200\" }",
            "key \"static_response.status_code\" must be a number from 200 to 999",
        ),
        (
            "{ headers = { \"a b\" = \"c\" } }",
            "key \"static_response.headers.a b\" is no header's name",
        ),
        (
            "{ headers = { a = \"b\\n\" } }",
            "key \"static_response.headers.a\" is no header's value",
        ),
        (
            "{ headers = { Content-Length = \"1\" } }",
            "key \"static_response.headers.Content-Length\" is not for a response to set: the runtime does",
        ),
        (
            "{ status = 200 }",
            "key \"static_response.status\" is unknown; known here: status_code, headers, body",
        ),
    ];
    for (response, rule) in rows {
        assert_eq!(
            mistakes(&beside(&format!("static_response = {response}\n"))),
            [format!("11: trigger \"http-trigger1\": {rule}")]
        );
    }
}

#[test]
fn a_trigger_has_a_component_or_a_static_response_and_not_both() {
    assert_eq!(
        mistakes(&beside("")),
        ["9: trigger \"http-trigger1\": key \"component\" is missing (or \"static_response\")"]
    );
    let both = "component = \"one\"\nid = \"s\"\nstatic_response = {}\n";
    assert_eq!(
        mistakes(&beside(both)),
        ["9: trigger \"s\": has both a \"component\" and a \"static_response\""]
    );
    let behind = "static_response = {}\ndependencies.middleware = [{ component = \"one\" }]\n";
    assert_eq!(
        mistakes(&beside(behind)),
        [
            "9: trigger \"http-trigger1\": has middleware in front of a \"static_response\", which passes none; \
             let a component answer"
        ]
    );
}

#[test]
fn an_executor_is_a_handler_or_a_program() {
    let body = |executor: &str| {
        format!(
            "[[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\nexecutor = {{ {executor} }}\n\
             [component.a]\nsource = \"a.wasm\"\n"
        )
    };
    let executor = |text: &str| {
        let executor = good(&body(text)).triggers[0].executor.clone();
        (executor != Executor::Handler).then_some(executor)
    };
    let wagi = |argv: &str| {
        let argv = argv.to_owned();
        Some(Executor::Wagi { argv })
    };
    assert_eq!(executor("type = \"http\""), None);
    assert_eq!(executor("type = \"wagi\""), wagi("${SCRIPT_NAME} ${ARGS}"));
    assert_eq!(executor("type = \"wagi\", argv = \"a b\""), wagi("a b"));
    for (wrong, mistake) in [
        ("type = \"cgi\"", "must be \"http\" or \"wagi\""),
        (
            "type = \"http\", argv = \"a\"",
            "key \"executor.argv\" is unknown",
        ),
        (
            "type = \"wagi\", entrypoint = \"run\"",
            "must be \"_start\"",
        ),
        ("", "key \"executor.type\" is missing"),
    ] {
        let found = mistakes(&body(wrong));
        assert!(
            found[0].starts_with("7: trigger \"a-http-trigger\": "),
            "{found:?}"
        );
        assert!(found[0].contains(mistake), "{found:?}");
    }
}

#[test]
fn two_triggers_on_one_route_are_both_named() {
    let body = "[[trigger.http]]\nroute = \"/a/:id\"\ncomponent = \"a\"\n\
                [[trigger.http]]\nid = \"second\"\nroute = \"/a/:name/\"\ncomponent = \"a\"\n\
                [component.a]\nsource = \"a.wasm\"\n";
    assert_eq!(
        mistakes(body),
        [
            "7: trigger \"second\": route \"/a/:name/\" is taken by trigger \"a-http-trigger\" (line 4)"
        ]
    );
}

#[test]
fn triggers_with_one_id_are_refused() {
    let trigger = "[[trigger.http]]\nid = \"t\"\nroute = { private = true }\ncomponent = \"a\"\n";
    assert_eq!(
        mistakes(&format!(
            "{trigger}{trigger}[component.a]\nsource = \"a.wasm\"\n"
        )),
        ["8: key \"trigger.http\" has the id \"t\", as an earlier trigger has"]
    );
}

#[test]
fn an_inline_component_takes_no_name_of_another() {
    let manifest = good(
        "[[trigger.http]]\nid = \"one\"\nroute = \"/\"\ncomponent = { source = \"a.wasm\" }\n\
         [component.one-component]\nsource = \"b.wasm\"\n",
    );
    let id = manifest.triggers[0].component().expect("a component");
    assert_eq!(id, "inline-component1");
    assert_eq!(manifest.components[id].source, Path::new("a.wasm"));
}

#[test]
fn a_manifest_without_triggers_is_refused() {
    let found = parse("spin_manifest_version = 2\n[application]\nnome = \"x\"\n");
    assert_eq!(
        found.expect_err("mistakes").to_string(),
        "app/spin.toml:1: the application has no [[trigger.http]], so nothing could be asked of it\n\
         app/spin.toml:2: application: key \"name\" is missing\n\
         app/spin.toml:3: application: key \"nome\" is unknown; did you mean \"name\"?"
    );
}

#[test]
fn a_base_path_is_accepted_where_it_changes_nothing() {
    good(&format!("trigger.http.base = \"/\"\n{}", one("")));
    let found = mistakes(&format!("trigger.http.base = \"/v1\"\n{}", one("")));
    assert_eq!(
        found,
        [
            "4: application: key \"trigger.http.base\" is not supported; write routes whole: Spin no longer honours a \
             base path either"
        ]
    );
    let found = mistakes(&format!(
        "trigger.redis.address = \"redis://x\"\n{}",
        one("")
    ));
    assert_eq!(
        found,
        [
            "4: application: key \"trigger.redis\" is not supported; \"trigger.http\" is the only trigger"
        ]
    );
}
