//! An application is replaced while it serves, and no request notices.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use futures::future::join_all;
use rustix::process::Signal;
use selvedge_tests::{Client, Process, Setup, logs::Line, process};

/// The faults, with a manifest of their own that can be changed.
fn setup(greeting: &str) -> Setup {
    Setup::faults().edited(|manifest| greet(manifest, greeting))
}

fn greet(manifest: &mut toml::Table, greeting: &str) {
    let variables = manifest["variables"]
        .as_table_mut()
        .expect("there are variables");
    variables.insert(
        "greeting".into(),
        toml::Table::from_iter([("default".to_owned(), greeting.into())]).into(),
    );
}

/// Changes the manifest that `process` was started with.
fn change(process: &Process, change: impl Fn(&str) -> String) {
    let path = process.state().join("spin.toml");
    let manifest = fs::read_to_string(&path).expect("the manifest can be read");
    fs::write(&path, change(&manifest)).expect("the manifest can be written");
}

async fn reloaded(process: &Process, times: usize) {
    let is_it = |line: &Line| line.text == "reloaded";
    let output = &process.output;
    output
        .wait_for_nth(times, "that it was reloaded", is_it)
        .await;
}

async fn greeting(client: &Client) -> String {
    client.get("/variable?greeting").await.expect(200).text()
}

/// Asks until told to stop; every answer must be good.
async fn keep_asking(client: Client, stop: Arc<AtomicBool>, answered: Arc<AtomicUsize>) {
    while !stop.load(Ordering::Relaxed) {
        let answer = client.get("/neighbour/hello").await.expect(200);
        assert_eq!(answer.text(), "hello");
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_hangup_reloads_the_manifest_and_fails_no_request() {
    let process = setup("hello").spawn().await;
    let client = process.client();
    assert_eq!(greeting(&client).await, "ok: hello, world");

    let (stop, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let crowd = (0..8).map(|_| {
        tokio::spawn(keep_asking(
            process.client(),
            stop.clone(),
            answered.clone(),
        ))
    });
    let crowd: Vec<_> = crowd.collect();
    // Begun before, and to be answered by what they were begun with.
    let slow = tokio::spawn({
        let client = process.client();
        async move { client.get("/slow?3000").await.expect(200).text() }
    });
    let mut dripping = client.get("/drip?3000").head().await;
    process
        .output
        .wait_for("from the guest", |line| line.text.contains("waiting"))
        .await;
    for times in 1..=3 {
        change(&process, |manifest| manifest.replace("hello", "good day"));
        process.signal(Signal::HUP);
        reloaded(&process, times).await;
    }
    assert_eq!(greeting(&client).await, "ok: good day, world");
    assert_eq!(slow.await.expect("it was asked"), "waited");
    let mut drip = Vec::new();
    while let Some(piece) = dripping.chunk().await.expect("a piece") {
        drip.extend_from_slice(&piece);
    }
    assert_eq!(drip, b"first second");
    stop.store(true, Ordering::Relaxed);
    for asked in join_all(crowd).await {
        asked.expect("every answer is good");
    }
    assert!(answered.load(Ordering::Relaxed) > 0);
    process.stop().await;
}

#[tokio::test]
async fn a_manifest_that_cannot_be_loaded_leaves_the_old_one_serving() {
    let process = setup("hello").spawn().await;
    let client = process.client();
    for wrong in ["spin_manifest_version = 2\nthis is no TOML", ""] {
        change(&process, |_| wrong.to_owned());
        process.signal(Signal::HUP);
    }
    process
        .output
        .wait_for("why not", |line| line.text.contains("not reloaded"))
        .await;
    assert_eq!(greeting(&client).await, "ok: hello, world");
    client.get("/readyz").await.expect(200);
}

#[tokio::test]
async fn databases_stay_open_across_a_reload() {
    let process = setup("hello").spawn().await;
    let client = process.client();
    let sql = async |text: &str| {
        let request = client.request(http::Method::POST, "/sql?journal");
        request.body(text.to_owned()).await.expect(200).text()
    };
    sql("CREATE TABLE entries (id INTEGER PRIMARY KEY)").await;
    // Half of it is written by the application that is replaced.
    let writes = join_all((0..32).map(|id| {
        let client = client.clone();
        async move {
            let request = client.request(http::Method::POST, "/sql?journal");
            let insert = format!("INSERT INTO entries VALUES ({id})");
            let answer = request.body(insert).await.expect(200).text();
            assert_eq!(answer, "ok: []");
        }
    }));
    process.signal(Signal::HUP);
    writes.await;
    reloaded(&process, 1).await;
    assert_eq!(sql("SELECT count(*) FROM entries").await, "ok: [[32]]");
    process.stop().await;
}

#[tokio::test]
async fn watching_rebuilds_what_changed_and_keeps_what_does_not_build() {
    let mut setup = Setup::faults();
    setup.variables.clear();
    let wasm =
        selvedge_tests::components::workspace().join("target/wasm32-wasip2/release/faults.wasm");
    let root = setup.state.path().to_owned();
    let manifest = format!(
        r#"
spin_manifest_version = 2
application.name = "watched"
[variables]
word = {{ default = "one" }}
[[trigger.http]]
route = "/..."
component = "watched"
[component.watched]
source = "watched.wasm"
files = ["assets/*"]
variables = {{ word = "{{{{ word }}}}" }}
[component.watched.build]
command = "test $(cat input) = good && cp '{}' watched.wasm && echo >> built"
watch = ["input"]
"#,
        wasm.display()
    );
    setup.manifest = root.join("spin.toml");
    fs::write(&setup.manifest, &manifest).expect("the state can be written to");
    fs::write(root.join("input"), "good").expect("the state can be written to");
    fs::create_dir(root.join("assets")).expect("the state can be written to");
    let mut up = process::command("up", &setup);
    up.args(["--watch", "--listen", "127.0.0.1:0"]);
    let process = Process::run(up, setup).await;
    let client = process.client();
    let word = async || client.get("/variable?word").await.expect(200).text();
    assert_eq!(word().await, "ok: one");

    fs::write(root.join("input"), "bad").expect("the state can be written to");
    process
        .output
        .wait_for("why not", |line| line.text.contains("not reloaded"))
        .await;
    assert_eq!(word().await, "ok: one");

    fs::write(root.join("input"), "good\n").expect("the state can be written to");
    reloaded(&process, 1).await;
    let builds = fs::read_to_string(root.join("built")).expect("it was built");
    assert_eq!(
        builds.lines().count(),
        2,
        "once at the start, and once for the change"
    );

    change(&process, |manifest| manifest.replace("\"one\"", "\"two\""));
    reloaded(&process, 2).await;
    assert_eq!(word().await, "ok: two");

    // A file that is given to a component for the first time, and then another content of it.
    for (times, content) in [(3, "short"), (4, "and stout")] {
        fs::write(root.join("assets/teapot"), content).expect("the state can be written to");
        reloaded(&process, times).await;
        let read = client.get("/read?/assets/teapot").await.expect(200).text();
        assert_eq!(read, format!("ok: {content}"));
    }
    process.stop().await;
}
