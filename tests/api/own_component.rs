//! The section "Add your own component" of the README, followed to the letter: what it shows is what is built, and the
//! lines it adds to the manifest are the lines that run.

use std::fs;

use selvedge_tests::{Person, Setup, components::workspace, setup::component};
use serde_json::json;
use toml::{Table, Value};

/// The code that the section shows: each block of `language`, in order.
fn shown(language: &str) -> Vec<String> {
    let readme = fs::read_to_string(workspace().join("README.md")).expect("there is a README");
    let (_, section) = readme
        .split_once("\n## Add your own component\n")
        .expect("it has the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let begin = format!("\n```{language}\n");
    let blocks = section.split(&begin).skip(1);
    blocks
        .filter_map(|block| Some(block.split_once("\n```\n")?.0.to_owned() + "\n"))
        .collect()
}

#[test]
fn the_readme_shows_the_component_that_is_built() {
    let file = |path| {
        fs::read_to_string(workspace().join("tests/fixtures/guestbook").join(path))
            .expect("it is there")
    };
    assert_eq!(shown("toml")[0], file("Cargo.toml"));
    assert_eq!(shown("sql"), [file("migrations/0001_entries.sql")]);
    assert_eq!(shown("rust"), [file("src/lib.rs")]);
}

/// Adds what the README says to the application's manifest.
fn add_guestbook(manifest: &mut Table) {
    let mut addition: Table = shown("toml")[1].parse().expect("it is TOML");
    let guestbook = component(&mut addition, "guestbook");
    let wasm = workspace().join("target/wasm32-wasip2/release/guestbook.wasm");
    assert!(wasm.ends_with(guestbook["source"].as_str().expect("a source is a path")));
    guestbook.insert(
        "source".into(),
        wasm.to_str().expect("paths are UTF-8 here").into(),
    );

    let Some(Value::Array(routes)) = addition["trigger"].get("http").cloned() else {
        panic!("it has a route")
    };
    manifest["trigger"]["http"]
        .as_array_mut()
        .expect("triggers are an array")
        .extend(routes);
    let components = manifest["component"]
        .as_table_mut()
        .expect("components are a table");
    components.insert(
        "guestbook".into(),
        addition["component"]["guestbook"].clone(),
    );
}

#[tokio::test]
async fn a_component_of_ones_own_has_callers_problems_pages_and_storage() {
    let application = Setup::application().edited(add_guestbook).start();
    let person = Person::sign_up(&application.client()).await;
    let book = "/v1/guestbook";

    application
        .client()
        .post(book, &json!({"text": "hello"}))
        .await
        .problem(401);
    person
        .client
        .post(book, &json!({"text": " "}))
        .await
        .problem(422)
        .names("text");
    person
        .client
        .post(book, &json!({"text": "hello", "author": "me"}))
        .await
        .problem(400)
        .names("author");
    person.client.delete(book).await.problem(405);
    for text in ["first", "second", "'); DROP TABLE entries; --"] {
        let entry = person
            .client
            .post(book, &json!({"text": text}))
            .await
            .expect(201)
            .json();
        assert_eq!(
            (&entry["text"], &entry["author"]),
            (&json!(text), &json!(person.id))
        );
    }

    let page = application
        .client()
        .get("/v1/guestbook?limit=2")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&page["data"][0]["text"], &page["data"][1]["text"]),
        (&json!("first"), &json!("second"))
    );
    let next = format!(
        "{book}?cursor={}",
        page["next_cursor"].as_str().expect("there is more")
    );
    let page = application.client().get(&next).await.expect(200).json();
    assert_eq!(page["data"][0]["text"], "'); DROP TABLE entries; --");

    let again = Setup::application()
        .on(application.stop())
        .edited(add_guestbook)
        .start();
    assert_eq!(
        again.client().get(book).await.expect(200).json()["data"]
            .as_array()
            .map(Vec::len),
        Some(3)
    );
}
