//! Files of components.

use super::{good, mistakes, one};

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
