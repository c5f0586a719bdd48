//! Whole manifests, good and bad.

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
fn a_misspelt_grant_is_named_with_its_line_and_component() {
    assert_eq!(
        mistakes(&one("sqlite_database = [\"billing\"]\n")),
        [
            "9: component \"one\": key \"sqlite_database\" is unknown; did you mean \"sqlite_databases\"?"
        ]
    );
}

#[test]
fn a_misspelt_setting_of_ours_is_named() {
    assert_eq!(
        mistakes(&one("[component.one.tool.selvedge]\nmax_instance = 3\n")),
        [
            "10: component \"one\": key \"tool.selvedge.max_instance\" is unknown; \
             did you mean \"tool.selvedge.max_instances\"?"
        ]
    );
}

#[test]
fn settings_out_of_range_are_refused() {
    let rows = [
        (
            "memory = \"64\"",
            "must be a size, such as \"64MiB\"; units are B, KiB, MiB and GiB",
        ),
        ("memory = \"1KiB\"", "must be between 1MiB and 4GiB"),
        (
            "memory = -1",
            "must be a size, such as \"64MiB\"; units are B, KiB, MiB and GiB",
        ),
        (
            "max_body = \"99999999999GiB\"",
            "must be a size, such as \"64MiB\"; units are B, KiB, MiB and GiB",
        ),
        (
            "deadline = \"0s\"",
            "must be a time above zero, such as \"10s\"; units are ms, s and m",
        ),
        (
            "deadline = 10",
            "must be a time above zero, such as \"10s\"; units are ms, s and m",
        ),
        ("max_instances = 0", "must be a whole number above zero"),
        (
            "max_concurrency = \"2\"",
            "must be a whole number above zero",
        ),
    ];
    for (setting, rule) in rows {
        let key = setting.split(' ').next().expect("a key");
        assert_eq!(
            mistakes(&one(&format!("tool.selvedge.{setting}\n"))),
            [format!(
                "9: component \"one\": key \"tool.selvedge.{key}\" {rule}"
            )]
        );
    }
}

#[test]
fn a_proxy_that_is_no_network_is_refused() {
    let head = "tool.selvedge.trusted_proxies = [\"proxy.local\"]\n";
    assert_eq!(
        mistakes(&format!("{head}{}", one(""))),
        [
            "4: application: key \"tool.selvedge.trusted_proxies\" holds \"proxy.local\", which is no network; \
             write one as \"10.0.0.0/8\""
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
fn files_are_patterns_and_placements() {
    let manifest = good(&one(
        "files = [\"assets/**/*\", { source = \"../public\", destination = \"/\" }]\nexclude_files = [\"**/.*\"]\n",
    ));
    let files = &manifest.components["one"].files;
    let named: Vec<_> = files
        .entries
        .iter()
        .map(|entry| (entry.line, entry.source.to_string()))
        .collect();
    assert_eq!(
        named,
        [
            (9, "assets/**/*".to_owned()),
            (9, "../public at /".to_owned())
        ]
    );
    assert!(files.exclude[0].matches("assets/.hidden"));
}

#[test]
fn files_that_would_lie_outside_are_refused() {
    let rows = [
        ("\"..\"", "names a folder by its dots"),
        ("\"assets/.\"", "names a folder by its dots"),
        ("\"../public/*\"", "leads out of the manifest's folder"),
        ("\"/etc/passwd\"", "leads out of the manifest's folder"),
        ("\"assets/***\"", "is no pattern"),
        (
            "{ source = \"a\", destination = \"/../b\" }",
            "leads out of the component's own files",
        ),
        ("{ source = \"a\" }", "\"files.destination\" is missing"),
    ];
    for (entry, rule) in rows {
        let found = mistakes(&one(&format!("files = [{entry}]\n")));
        assert!(
            found.len() == 1 && found[0].starts_with("9: ") && found[0].contains(rule),
            "{entry}: {found:?}"
        );
    }
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
fn a_wagi_executor_is_not_supported() {
    let body = "[[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\nexecutor = { type = \"wagi\" }\n\
                [component.a]\nsource = \"a.wasm\"\n";
    let found = mistakes(body);
    assert!(
        found[0].starts_with("7: trigger \"a-http-trigger\": key \"executor\" is not supported"),
        "{found:?}"
    );
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
fn variables_that_do_not_exist_are_named_where_they_are_used() {
    let body = format!(
        "[variables]\nadmin_email = {{ default = \"\" }}\n{}",
        one(
            "variables = { a = \"{{ admin_mail }}\", b = \"{{ zebra }}\", c = \"{{ d\" }\n\
             allowed_outbound_hosts = [\"https://{{ admin-email }}\"]\n"
        )
    );
    assert_eq!(
        mistakes(&body),
        [
            "11: component \"one\": key \"variables.a\" names the variable \"admin_mail\", which the application \
             does not declare; did you mean \"admin_email\"?",
            "11: component \"one\": key \"variables.b\" names the variable \"zebra\", which the application \
             does not declare; declare it: [variables] zebra = { required = true }",
            "11: component \"one\": key \"variables.c\" has a \"{{\" without \"}}\"",
            "12: component \"one\": key \"allowed_outbound_hosts\" names the variable \"admin-email\", which the \
             application does not declare; did you mean \"admin_email\"?",
        ]
    );
}

#[test]
fn a_variable_has_a_default_or_is_required() {
    let body = format!(
        "[variables]\na = {{}}\nb = {{ default = \"\", required = true }}\n{}",
        one("")
    );
    assert_eq!(
        mistakes(&body),
        [
            "5: variable \"a\": must have either \"default\" or \"required = true\"",
            "6: variable \"b\": must have either \"default\" or \"required = true\"",
        ]
    );
}

#[test]
fn middleware_with_grants_of_its_own_is_refused_as_spin_refuses_it() {
    let body = "[[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\n\
                dependencies.middleware = [{ component = \"guard\" }]\n[component.a]\nsource = \"a.wasm\"\n\
                [component.guard]\nsource = \"g.wasm\"\nsqlite_databases = [\"auth\"]\nvariables = { b = \"c\" }\n";
    assert_eq!(
        mistakes(body),
        [
            "10: component \"guard\": is middleware, which has no grants of its own (variables, sqlite_databases); \
             grant them to the components behind it and let it inherit them"
        ]
    );
}

#[test]
fn a_misspelt_capability_is_named() {
    let body = "[[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\ndependencies.middleware = [\n\
                { component = \"a\", inherit_configuration = [\"variable\"] },\n\
                { path = \"x.wasm\", inherit_configuration = \"all\" },\n]\n[component.a]\nsource = \"a.wasm\"\n";
    let place = "trigger \"a-http-trigger\": key \"dependencies.middleware";
    assert_eq!(
        mistakes(body),
        [
            format!(
                "8: {place}.inherit_configuration\" names the capability \"variable\", which is unknown; \
                 did you mean \"variables\"?"
            ),
            format!("9: {place}.component\" is missing"),
            format!("9: {place}.inherit_configuration\" must be a list, not a string"),
            format!(
                "9: {place}.path\" is not supported; declare the middleware as a component and name it: \
                 {{ component = \"...\" }}"
            ),
        ]
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

#[test]
fn dependencies_are_files_or_components_and_say_what_they_inherit() {
    let manifest = good(&one("[component.one.dependencies]\n\
         \"a:b/c@1.0.0\" = { path = \"b.wasm\", export = \"x:y/z\", inherit_configuration = [\"files\"] }\n\
         \"d:e\" = { component = \"two\", inherit_configuration = true }\n\
         plain = { component = \"two\" }\n\
         [component.two]\nsource = \"two.wasm\"\n"));
    let read: Vec<_> = manifest.components["one"]
        .dependencies
        .iter()
        .map(|read| {
            (
                read.line,
                read.name.to_string(),
                read.source.clone(),
                read.export.clone(),
                read.inherit.clone(),
            )
        })
        .collect();
    let two = || DependencySource::Component("two".to_owned());
    let files = Inherit::Some([Capability::Files].into());
    assert_eq!(
        read,
        [
            (
                10,
                "a:b/c@1.0.0".to_owned(),
                DependencySource::File("b.wasm".into()),
                Some("x:y/z".to_owned()),
                Some(files)
            ),
            (11, "d:e".to_owned(), two(), None, Some(Inherit::All)),
            (12, "plain".to_owned(), two(), None, None),
        ]
    );
}

#[test]
fn dependencies_that_cannot_be_are_named() {
    let remote = "is not supported: nothing is fetched from registries or by URL; download the component and write \
                  { path = \"...\" }";
    let rows = [
        ("\"a:b\" = \"1.0.0\"", format!("key \"dependencies.a:b\" {remote}")),
        ("\"a:b\" = { version = \"1.0.0\", registry = \"r\" }", format!("key \"dependencies.a:b\" {remote}")),
        ("\"a:b\" = { url = \"https://x\", digest = \"sha256:0\" }", format!("key \"dependencies.a:b\" {remote}")),
        ("\"a:b\" = {}", "key \"dependencies.a:b\" must have either a \"path\" or a \"component\"".to_owned()),
        (
            "\"a:b\" = { path = \"x\", export = \"c:d/e\" }",
            "key \"dependencies.a:b\" has an \"export\", and a whole package is answered by exports of its own names; \
             name an interface"
                .to_owned(),
        ),
        (
            "\"a:b\" = { component = \"tow\" }",
            "dependency \"a:b\": there is no component \"tow\"; did you mean \"two\"?".to_owned(),
        ),
        (
            "\"a:b\" = { component = \"rich\" }",
            "dependency \"a:b\": component \"rich\" has grants or dependencies of its own (environment, files), which a \
             dependency cannot have; let it inherit those of \"one\""
                .to_owned(),
        ),
    ];
    for (dependency, rule) in rows {
        let body = one(&format!(
            "[component.one.dependencies]\n{dependency}\n[component.two]\nsource = \"two.wasm\"\n\
             [component.rich]\nsource = \"r.wasm\"\nenvironment = {{ A = \"1\" }}\nfiles = [\"a\"]\n"
        ));
        assert_eq!(mistakes(&body), [format!("10: component \"one\": {rule}")]);
    }
    let overlapping = "\"a:b@1.0.0\" = { path = \"x\" }\n\"a:b@1.2.0\" = { path = \"y\" }\n";
    assert_eq!(
        mistakes(&one(&format!(
            "[component.one.dependencies]\n{overlapping}"
        ))),
        [
            "11: component \"one\": key \"dependencies.a:b@1.2.0\" means what \"a:b@1.0.0\" (line 10) may mean too; \
             give them versions or interfaces that differ"
        ]
    );
    let both = "dependencies_inherit_configuration = false\n[component.one.dependencies]\n\
                \"a:b\" = { path = \"x\", inherit_configuration = false }\n";
    assert_eq!(
        mistakes(&one(both)),
        [
            "11: component \"one\": dependency \"a:b\" has an \"inherit_configuration\", and the component has \
             \"dependencies_inherit_configuration\", which decides for all of them; write one or the other"
        ]
    );
}
