//! Whatever stands in a file, reading it as a manifest ends with a manifest or with mistakes that say where they are.

use std::path::Path;

use proptest::prelude::*;

use super::Manifest;

/// A manifest with a bit of everything, to be damaged.
const SOUND: &str = r#"spin_manifest_version = 2

[application]
name = "a"
version = "1.0.0"
authors = ["somebody"]

[application.tool.selvedge]
required_middleware = ["log"]
trusted_proxies = ["10.0.0.0/8"]

[variables]
word = { default = "x" }
password = { required = true, secret = true }

[[trigger.http]]
route = "/a/:b/..."
component = "a"
dependencies.middleware = [{ component = "log", inherit_configuration = ["variables"] }]

[[trigger.http]]
id = "private"
route = { private = true }
component = "a"

[component.a]
source = "a.wasm"
files = ["data/*", { source = "site", destination = "/" }]
environment = { FLAVOUR = "vanilla" }
sqlite_databases = ["default"]
key_value_stores = ["default"]
allowed_outbound_hosts = ["https://*.example.com:443", "http://a.spin.internal"]

[component.a.variables]
greeting = "{{ word }}, {{ password }}"

[component.a.build]
command = "make"
workdir = "."
watch = ["*.rs"]

[component.a.tool.selvedge]
memory = "64MiB"
deadline = "1s"
max_instances = 2

[component.log]
source = "log.wasm"
"#;

/// What is put where it does not belong.
const FRAGMENTS: &[&str] = &[
    "",
    "\n",
    "\"",
    "'''",
    "\"\"\"",
    "[",
    "]",
    "[[",
    "{",
    "}",
    "{{",
    "}}",
    "=",
    ".",
    ",",
    "#",
    "\\",
    "\0",
    "é",
    "\u{202e}",
    "true",
    "-1",
    "9223372036854775808",
    "1e400",
    "nan",
    "1979-05-27",
    "[]",
    "{}",
    "[component.a]\n",
    "[[component]]\n",
    "[[trigger.http]]\n",
    "\"a\\nb\" = 1\n",
    "\"\" = 1\n",
    "component",
    "private",
    "\"/...\"",
    "\"{{ x }}\"",
    "\"0s\"",
    "\"99999999999999999999GiB\"",
    "\"0x1\"",
    "\"../../etc\"",
    "\"*\"",
    "\"::/0\"",
];

/// One mishap: some bytes from a place on are replaced. Places are shares of the text's length.
fn mishap() -> impl Strategy<Value = (f64, usize, String)> {
    let text = prop_oneof![
        4 => proptest::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    (
        0.0..1.0,
        prop_oneof![3 => 0_usize..12, 1 => 0_usize..200],
        text,
    )
}

fn damage(text: &str, mishaps: &[(f64, usize, String)]) -> String {
    let mut text = text.to_owned();
    for (place, removed, inserted) in mishaps {
        let at = text.floor_char_boundary((text.len() as f64 * place) as usize);
        let end = text.ceil_char_boundary((at + removed).min(text.len()));
        text.replace_range(at..end, inserted);
    }
    text
}

/// Expects a manifest, or mistakes of which each is one line that names a line of the text.
fn reads_or_says_where(text: &str) -> Result<(), TestCaseError> {
    let Err(errors) = Manifest::parse(Path::new("spin.toml"), text) else {
        return Ok(());
    };
    let errors = errors.to_string();
    prop_assert!(!errors.is_empty());
    let lines = 1 + text.matches('\n').count();
    for error in errors.split('\n') {
        let place = error
            .strip_prefix("spin.toml:")
            .and_then(|rest| rest.split_once(": "));
        let line = place.and_then(|(line, _)| line.parse::<usize>().ok());
        prop_assert!(
            line.is_some_and(|line| (1..=lines).contains(&line)),
            "{error:?} of {text:?}"
        );
        prop_assert!(
            place.is_some_and(|(_, message)| !message.is_empty()),
            "{error:?}"
        );
    }
    Ok(())
}

#[test]
fn what_is_damaged_below_was_sound() {
    Manifest::parse(Path::new("spin.toml"), SOUND).unwrap_or_else(|errors| panic!("{errors}"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_with_a_line(text in any::<String>()) {
        reads_or_says_where(&text)?;
    }

    #[test]
    fn a_damaged_manifest_is_read_or_refused_with_a_line(mishaps in proptest::collection::vec(mishap(), 1..4)) {
        reads_or_says_where(&damage(SOUND, &mishaps))?;
    }

    #[test]
    fn a_value_in_the_wrong_place_is_refused_with_a_line(
        line in 0..SOUND.lines().count(),
        value in proptest::sample::select(FRAGMENTS),
    ) {
        let replaced = SOUND.lines().enumerate().map(|(index, text)| match text.split_once(" = ") {
            Some((key, _)) if index == line => format!("{key} = {value}\n"),
            _ => format!("{text}\n"),
        });
        reads_or_says_where(&replaced.collect::<String>())?;
    }
}
