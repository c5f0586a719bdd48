//! Settings of ours, which Spin ignores.

use super::{mistakes, one};

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
        (
            "max_instances = 9223372036854775807",
            "must be a whole number from 1 to 10000",
        ),
        (
            "max_instances = 0",
            "must be a whole number from 1 to 10000",
        ),
        (
            "max_concurrency = \"2\"",
            "must be a whole number from 1 to 10000",
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
