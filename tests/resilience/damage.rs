//! Files that are not what they should be: each ends in a line that says which, and in nothing else being lost.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use selvedge_tests::{Person, Setup, people, process};

/// Every file below `folder`.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let entries = entries.map(|entry| entry.expect("it can be listed").path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .collect()
}

/// Turns every bit of some bytes in the middle of `file`.
fn damage_middle(file: &Path) {
    let length = file.metadata().expect("it is there").len();
    let file = File::options().read(true).write(true).open(file);
    let file = file.expect("it can be opened");
    let mut bytes = [0; 64];
    let read = file.read_at(&mut bytes, length / 2);
    let bytes = &mut bytes[..read.expect("it can be read")];
    bytes.iter_mut().for_each(|byte| *byte = !*byte);
    file.write_all_at(bytes, length / 2)
        .expect("it can be written to");
}

/// Cuts `file` in half.
fn halve(file: &Path) {
    let length = file.metadata().expect("it is there").len();
    let file = File::options().write(true).open(file);
    file.and_then(|file| file.set_len(length / 2))
        .expect("it can be cut");
}

/// Leaves nothing of `file` but its name.
fn empty(file: &Path) {
    File::create(file).expect("it can be emptied");
}

/// Overwrites the page a table begins with. The file can still be opened, and everything else in it be read.
fn damage_table(file: &Path, table: &str) {
    let database = Connection::open(file).expect("it is a database");
    let number = |sql: &str, parameters: &[&str]| -> u64 {
        let parameters = rusqlite::params_from_iter(parameters);
        let number = database.query_row(sql, parameters, |row| row.get::<_, i64>(0));
        number.expect("it can be read").unsigned_abs()
    };
    let size = number("PRAGMA page_size", &[]);
    let page = number(
        "SELECT rootpage FROM sqlite_schema WHERE name = ?",
        &[table],
    );
    drop(database);
    let file = File::options().write(true).open(file).expect("a file");
    file.write_all_at(&[0xAA; 512], (page - 1) * size)
        .expect("it can be written to");
}

/// Gives `state` compiled code of its own, which it otherwise shares with every other test.
pub fn take_own_cache(state: &Path) {
    let cache = state.join("cache");
    if cache.is_symlink() {
        fs::remove_file(&cache).expect("the state can be written to");
        fs::create_dir(&cache).expect("the state can be written to");
    }
}

/// Damages everything that was compiled, each file in another way.
pub fn damage_cache(state: &Path) {
    let ways = [damage_middle, halve, empty];
    let files = files(&state.join("cache"));
    assert!(!files.is_empty(), "nothing is cached");
    for (file, damage) in files.iter().zip(ways.into_iter().cycle()) {
        damage(file);
    }
}

#[tokio::test]
async fn compiled_code_that_was_damaged_is_compiled_again() {
    for damage in [damage_middle, halve, empty] {
        let setup = Setup::faults();
        take_own_cache(setup.state.path());
        let process = setup.spawn().await;
        process.client().get("/hello").await.expect(200);
        let state = process.stop().await;

        let compiled = files(&state.path().join("cache"));
        assert!(!compiled.is_empty(), "nothing is cached");
        compiled.iter().for_each(|file| damage(file));
        let process = Setup::faults().on(state).spawn().await;
        let answer = process.client().get("/hello").await.expect(200);
        assert_eq!(answer.text(), "hello");
    }
}

#[tokio::test]
async fn what_is_no_database_is_named_at_the_start_and_left_as_it_is() {
    let process = Setup::application().spawn().await;
    Person::sign_up(&process.client()).await;
    let state = process.stop().await;
    let file = state.path().join("sqlite/billing.db");
    let mut database = File::options().write(true).open(&file).expect("a file");
    database
        .write_all(b"not what it was")
        .expect("it can be written to");
    let before = fs::read(&file).expect("it can be read");

    let setup = Setup::application().on(state);
    let mut up = process::command("up", &setup);
    let output = up.args(["--no-build", "--listen", "127.0.0.1:0"]).output();
    let output = output.expect("the command can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it started: {said}");
    assert!(said.contains("sqlite/billing.db"), "{said}");
    assert!(said.contains("not a database"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(fs::read(&file).expect("it can be read"), before);
}

#[tokio::test]
async fn a_database_that_is_damaged_inside_fails_alone() {
    let process = Setup::application().spawn().await;
    let person = Person::sign_up(&process.client()).await;
    let plans = process.client().get("/v1/billing/plans").await;
    plans.expect(200);
    let state = process.stop().await;

    let file = state.path().join("sqlite/billing.db");
    damage_table(&file, "plans");
    let before = fs::read(&file).expect("it can be read");

    let process = Setup::application().on(state).spawn().await;
    let client = process.client();
    for _ in 0..3 {
        client.get("/v1/billing/plans").await.problem(500);
    }
    people::sign_in(&client, &person.email).await.expect(200);
    let me = client.with_token(&person.access_token).get("/v1/users/me");
    me.await.expect(200);
    let is_named = |line: &selvedge_tests::logs::Line| {
        line.text.contains("a database failed") && line.text.contains("sqlite/billing.db")
    };
    process
        .output
        .wait_for("that names the database", is_named)
        .await;
    let state = process.stop().await;
    let file = state.path().join("sqlite/billing.db");
    assert_eq!(fs::read(&file).expect("it can be read"), before);
}
