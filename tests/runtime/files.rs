//! `files`: a component finds what its manifest entry names, can change none of it, and reaches nothing beside it.

use std::{fs, os::unix::fs::symlink};

use selvedge_tests::{Application, Setup, setup::component};

/// The faults with these `files`, in a folder with some to name.
fn setup(files: &str) -> Setup {
    let setup = Setup::faults().edited(|manifest| {
        let entry: toml::Table = files.parse().expect("the entry is TOML");
        component(manifest, "faults").extend(entry);
    });
    let root = setup.state.path();
    for (path, text) in [
        ("public/index.html", "the index"),
        ("public/css/site.css", "the style"),
        ("public/secret.key", "a secret"),
        ("words.txt", "some words"),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("writable");
        fs::write(path, text).expect("the state can be written to");
    }
    setup
}

async fn tried(application: &Application, path: &str) -> String {
    application.client().get(path).await.expect(200).text()
}

#[tokio::test]
async fn files_are_found_where_the_manifest_puts_them() {
    let application = setup(
        r#"
        files = ["public/**/*", { source = "public", destination = "/site" }, { source = "words.txt", destination = "/w" }]
        exclude_files = ["**/*.key"]
        "#,
    )
    .start();
    assert_eq!(tried(&application, "/list?/").await, "ok: public site w");
    assert_eq!(
        tried(&application, "/list?public").await,
        "ok: css index.html"
    );
    assert_eq!(
        tried(&application, "/read?/public/css/site.css").await,
        "ok: the style"
    );
    assert_eq!(
        tried(&application, "/read?site/index.html").await,
        "ok: the index"
    );
    assert_eq!(tried(&application, "/read?/w").await, "ok: some words");
    for excluded in ["/public/secret.key", "/site/secret.key", "/words.txt"] {
        let outcome = tried(&application, &format!("/read?{excluded}")).await;
        assert!(outcome.starts_with("refused: "), "{excluded}: {outcome}");
    }
}

#[tokio::test]
async fn nothing_of_a_file_can_be_changed() {
    let application = setup(r#"files = ["words.txt"]"#).start();
    assert_eq!(
        tried(&application, "/write?/words.txt").await,
        "succeeded: "
    );
    assert_eq!(
        tried(&application, "/read?/words.txt").await,
        "ok: some words"
    );
    assert_eq!(tried(&application, "/list?/").await, "ok: words.txt");
}

#[tokio::test]
async fn no_path_leads_out() {
    let setup = setup(r#"files = ["public/**/*"]"#);
    // The file it leads to is copied, as the manifest names it; a link is not.
    symlink("../words.txt", setup.state.path().join("public/link")).expect("writable");
    symlink("/etc", setup.state.path().join("public/folder")).expect("writable");
    let manifest = setup.manifest.display().to_string();
    let application = setup.start();
    for path in [
        "/../words.txt",
        "/public/../../words.txt",
        "../../../../../../etc/passwd",
        "/etc/passwd",
        &manifest,
    ] {
        let outcome = tried(&application, &format!("/read?{path}")).await;
        assert!(outcome.starts_with("refused: "), "{path}: {outcome}");
    }
    assert_eq!(
        tried(&application, "/read?/public/link").await,
        "ok: some words"
    );
}

#[tokio::test]
async fn a_component_without_files_sees_no_folder() {
    let application = setup(r#"files = ["words.txt"]"#).start();
    for path in ["/list?/", "/read?/words.txt", "/list?."] {
        let outcome = tried(&application, &format!("/neighbour{path}")).await;
        assert!(outcome.starts_with("refused: "), "{path}: {outcome}");
    }
}

#[test]
fn files_that_are_not_there_are_named_with_their_line() {
    let error = Application::try_start(setup(r#"files = ["word.txt"]"#)).err();
    let error = error.expect("it does not start");
    assert!(
        error.contains("spin.toml:")
            && error.contains("component \"faults\": files: there is no \"word.txt\""),
        "{error}"
    );
}

#[tokio::test]
async fn copies_are_removed_with_the_application() {
    let state = {
        let application = setup(r#"files = ["words.txt"]"#).start();
        assert_eq!(
            tried(&application, "/read?words.txt").await,
            "ok: some words"
        );
        application.stop()
    };
    let folders = fs::read_dir(state.path().join("files")).expect("it was made");
    let left = folders
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir());
    assert_eq!(left.count(), 0);
}
