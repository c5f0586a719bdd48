//! `selvedge build`: each component by its own command, and only what changed.

use std::{fs, process::Output};

use selvedge_tests::{Setup, process};

/// An application whose one component is built by `command`, from a file `source.txt`.
fn setup(command: &str) -> Setup {
    let mut setup = Setup::faults();
    setup.variables.clear();
    let folder = setup.state.path();
    let manifest = format!(
        r#"
spin_manifest_version = 2
application.name = "built"
[[trigger.http]]
route = "/..."
component = "one"
[component.one]
source = "one.wasm"
[component.one.build]
command = "{command}"
watch = ["*.txt"]
"#
    );
    fs::write(folder.join("spin.toml"), manifest).expect("the folder can be written to");
    fs::write(folder.join("source.txt"), "first").expect("the folder can be written to");
    setup.manifest = folder.join("spin.toml");
    setup
}

fn build(setup: &Setup) -> (bool, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = process::run("build", setup);
    (
        status.success(),
        format!(
            "{}{}",
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr)
        ),
    )
}

/// How often the build command ran.
fn builds(setup: &Setup) -> usize {
    fs::read_to_string(setup.state.path().join("one.wasm"))
        .unwrap_or_default()
        .lines()
        .count()
}

#[test]
fn a_component_is_built_once_until_what_it_is_made_of_changes() {
    let setup = setup("cat source.txt >> one.wasm; echo >> one.wasm");
    assert!(build(&setup).0);
    assert!(build(&setup).0);
    assert_eq!(builds(&setup), 1, "nothing changed");

    fs::write(setup.state.path().join("source.txt"), "second")
        .expect("the folder can be written to");
    assert!(build(&setup).0);
    assert_eq!(builds(&setup), 2, "a source changed");

    fs::write(setup.state.path().join("new.txt"), "new").expect("the folder can be written to");
    assert!(build(&setup).0);
    assert_eq!(builds(&setup), 3, "a source was added");

    fs::remove_file(setup.state.path().join("one.wasm")).expect("it was built");
    assert!(build(&setup).0);
    assert_eq!(builds(&setup), 1, "what was built is gone");
}

#[test]
fn a_build_says_what_it_is_doing() {
    let (built, said) = build(&setup("echo >> one.wasm"));
    assert!(built && said.contains("building one (1/1)"), "{said}");
}

#[test]
fn a_build_that_fails_is_a_failure_and_is_tried_again() {
    let setup = setup("test -e repaired.txt && echo >> one.wasm");
    let (built, said) = build(&setup);
    assert!(
        !built && said.contains("\"one\"") && said.contains("test -e repaired.txt"),
        "{said}"
    );
    fs::write(setup.state.path().join("repaired.txt"), "").expect("the folder can be written to");
    assert!(build(&setup).0);
    assert_eq!(builds(&setup), 1);
}
