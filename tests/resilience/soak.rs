//! Nothing acknowledged is lost, however often it goes wrong: people write, and meanwhile the process is killed, told
//! to stop, runs out of room, or finds its compiled code damaged; again and again on the same files.
//!
//! Every run of the tests does each once. For longer, in minutes:
//! `SOAK_MINUTES=30 cargo test --release --test resilience soak -- --ignored --nocapture`

use std::{
    collections::BTreeSet,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::join_all;
use rusqlite::Connection;
use selvedge_tests::{Client, Person, Process, Setup, process};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;

use super::damage;

/// People who write at once, and the writes of a round before something goes wrong.
const WRITERS: usize = 4;
const WRITES: usize = 120;

/// Writes that are refused while there is no room, before there is some again.
const REFUSALS: usize = 12;

/// How long a round may take: nothing hangs.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// The process is gone without a word.
    Kill,
    /// It is told to stop, with requests in flight.
    Stop,
    /// No file can grow; later they can again.
    NoRoom,
    /// Its compiled code is damaged while it is stopped.
    DamagedCache,
}

/// What writers saw: ids of events that were acknowledged, and how many writes were refused.
#[derive(Default)]
struct Seen {
    acknowledged: BTreeSet<String>,
    refused: usize,
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_in_a_kill_a_stop_or_for_want_of_room() {
    soak(&[Fault::Kill, Fault::NoRoom, Fault::Stop], Duration::ZERO).await;
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn soak_for_minutes() {
    let minutes = std::env::var("SOAK_MINUTES").map_or(3, |minutes| {
        minutes.parse().expect("SOAK_MINUTES is a number")
    });
    let faults = [Fault::Kill, Fault::NoRoom, Fault::Stop, Fault::DamagedCache];
    soak(&faults, Duration::from_secs(60 * minutes)).await;
}

/// Goes wrong in each way in turn: at least once, and until `duration` has passed since everything was built.
async fn soak(faults: &[Fault], duration: Duration) {
    let mut setup = Setup::application();
    if faults.contains(&Fault::DamagedCache) {
        damage::take_own_cache(setup.state.path());
    }
    let process = setup.spawn().await;
    let writers = join_all((0..WRITERS).map(async |_| {
        let person = Person::sign_up(&process.client()).await;
        let subscribe = person
            .client
            .post("/v1/billing/subscriptions", &json!({"plan": "team"}));
        subscribe
            .header("idempotency-key", "soak")
            .await
            .expect(201);
        person
    }))
    .await;
    setup = Setup::application().on(process.kill().await);

    let seen = Arc::new(watch::Sender::new(Seen::default()));
    let started = Instant::now();
    for round in 0.. {
        if round >= faults.len() && started.elapsed() >= duration {
            break;
        }
        let fault = faults[round % faults.len()];
        let state = tokio::time::timeout(PATIENCE, go_wrong(setup, fault, round, &writers, &seen));
        let state = state.await;
        let state = state.unwrap_or_else(|_| panic!("round {round}, {fault:?}, hangs"));
        eprintln!(
            "round {round}, {fault:?}: {} writes acknowledged by now",
            seen.borrow().acknowledged.len()
        );
        assert_all_there(&state, &seen.borrow().acknowledged);
        setup = Setup::application().on(state);
    }
}

/// One round: starts, lets people write, makes it go wrong, and returns what is left.
async fn go_wrong(
    setup: Setup,
    fault: Fault,
    round: usize,
    writers: &[Person],
    seen: &Arc<watch::Sender<Seen>>,
) -> TempDir {
    let process = start(setup).await;
    let client = process.client();
    let count = async |more: usize| {
        let before = seen.borrow().acknowledged.len();
        let enough = |seen: &Seen| seen.acknowledged.len() >= before + more;
        let mut changes = seen.subscribe();
        changes
            .wait_for(enough)
            .await
            .map(drop)
            .expect("the writers write");
    };
    // Tokens end, and the process knows nobody any more.
    let signed_in = join_all(
        writers
            .iter()
            .map(|writer| Person::sign_in(&client, &writer.email)),
    )
    .await;
    let writing = join_all(signed_in.iter().enumerate().map(|(writer, person)| {
        write_until_gone(&person.client, format!("{round}-{writer}"), seen)
    }));
    let going_wrong = async {
        count(WRITES).await;
        match fault {
            Fault::Kill => process.kill().await,
            Fault::Stop => process.stop().await,
            Fault::NoRoom => {
                run_out_of_room(&process, &signed_in[0], seen).await;
                count(WRITES / 2).await;
                process.kill().await
            }
            Fault::DamagedCache => {
                let state = process.stop().await;
                damage::damage_cache(state.path());
                state
            }
        }
    };
    futures::join!(going_wrong, writing).0
}

/// Starts so that a file that may not grow is an error to the process, as a full disk is, and not its end.
async fn start(setup: Setup) -> Process {
    let up = process::command("up", &setup);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]);
    shell.arg(up.get_program()).args(up.get_args());
    for (name, value) in up.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.args(["--no-build", "--listen", "127.0.0.1:0"]);
    Process::run(shell, setup).await
}

/// Lets no file grow until enough writes were refused. Who reads notices nothing.
async fn run_out_of_room(process: &Process, reader: &Person, seen: &watch::Sender<Seen>) {
    let read = async || {
        reader.client.get("/v1/users/me").await.expect(200);
        process.client().get("/v1/billing/plans").await.expect(200);
    };
    // The limit is stricter than a full disk: not even a component's memory could be laid out for its first instance.
    read().await;
    process.limit_file_size(Some(0));
    let refusals = seen.borrow().refused + REFUSALS;
    let mut changes = seen.subscribe();
    let refused = changes.wait_for(|seen| seen.refused >= refusals).await;
    refused.map(drop).expect("the writers write");
    read().await;
    process.limit_file_size(None);
}

/// Records events, each with an id of its own, until the server is gone. A refusal is a problem, and the event is sent
/// again until it is taken.
async fn write_until_gone(client: &Client, name: String, seen: &watch::Sender<Seen>) {
    for number in 0.. {
        let id = format!("{name}-{number}");
        let event = json!({"id": id, "meter": "api_calls", "quantity": 1});
        loop {
            let sent = client.post("/v1/billing/usage", &event).try_send().await;
            let Ok(answer) = sent else { return };
            if answer.is_success() {
                break;
            }
            answer.problem(answer.status.as_u16());
            assert!(answer.status.is_server_error(), "{}", answer.text());
            seen.send_modify(|seen| seen.refused += 1);
        }
        seen.send_modify(|seen| seen.acknowledged.extend([id.clone()]));
    }
}

/// Looks for every event in the database itself, with nothing between.
fn assert_all_there(state: &TempDir, acknowledged: &BTreeSet<String>) {
    let database = Connection::open(state.path().join("sqlite/billing.db"));
    let database = database.expect("billing has a database");
    let verdict: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("it can be read");
    assert_eq!(verdict, "ok");
    let mut select = database
        .prepare("SELECT id FROM usage_events")
        .expect("it has its tables");
    let stored = select.query_map([], |row| row.get(0));
    let stored: BTreeSet<String> = stored
        .and_then(Iterator::collect)
        .expect("events can be read");
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "{} were lost: {lost:?}", lost.len());
}
