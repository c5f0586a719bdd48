//! Rule 2: one failing component never takes another down.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures::future::join_all;
use selvedge_tests::{Client, Person, Setup, components, people, setup::component};
use toml::Table;

/// Every way to fail that a component has.
const FAULTS: [&str; 6] = [
    "trap",
    "loop",
    "memory",
    "slow?60000",
    "half",
    "sql?billing",
];

/// A query that runs until somebody stops it.
const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

/// Clients that make billing fail each way, and clients that go about their business meanwhile.
const ATTACKERS_A_FAULT: usize = 3;
const CUSTOMERS: usize = 4;
const ROUNDS: usize = 12;

/// No answer of a healthy component takes longer than this, on two cores that billing wants for itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// The application, with the component that misbehaves in billing's place: behind its route and its middleware, with
/// its grants.
fn with_failing_billing() -> Setup {
    Setup::application().edited(|manifest| {
        let billing = component(manifest, "billing");
        let faults = components::workspace().join("target/wasm32-wasip2/release/faults.wasm");
        billing.insert(
            "source".into(),
            faults.to_str().expect("paths are UTF-8 here").into(),
        );
        let limits: Table = "selvedge = { memory = '64MiB', deadline = '1s', max_instances = 8 }"
            .parse()
            .expect("TOML");
        billing.insert("tool".into(), limits.into());
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_billing_traps_hangs_and_eats_memory_sign_in_and_users_answer() {
    let application = with_failing_billing().start();
    let client = application.client();
    let over = AtomicBool::new(false);
    let failures: [AtomicUsize; FAULTS.len()] = Default::default();
    let (over, failures) = (&over, &failures);

    let attackers = (0..FAULTS.len() * ATTACKERS_A_FAULT).map(|index| {
        let (client, fault) = (client.clone(), index % FAULTS.len());
        async move {
            while !over.load(Ordering::Relaxed) {
                let request = client
                    .post(&format!("/v1/billing/{}", FAULTS[fault]), &().into())
                    .body(ENDLESS);
                let failed = request
                    .try_send()
                    .await
                    .map_or(true, |answer| !answer.is_success());
                failures[fault].fetch_add(failed.into(), Ordering::Relaxed);
            }
        }
    });
    let customers = async {
        let slowest = join_all((0..CUSTOMERS).map(|_| go_about_business(&client))).await;
        over.store(true, Ordering::Relaxed);
        slowest.into_iter().max().unwrap_or_default()
    };
    let (slowest, _) = futures::join!(customers, join_all(attackers));

    assert!(slowest < PATIENCE, "an answer took {slowest:?}");
    for (fault, failures) in FAULTS.iter().zip(failures) {
        assert!(
            failures.load(Ordering::Relaxed) > 0,
            "billing was never made to fail by {fault}"
        );
    }
    client.get("/v1/billing/hello").await.expect(200);
}

/// Signs in and looks at a profile, again and again, and expects every answer. Returns how long the slowest took.
async fn go_about_business(client: &Client) -> Duration {
    let mut slowest = Duration::ZERO;
    let person = Person::sign_up(client).await;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        people::sign_in(client, &person.email).await.expect(200);
        let signed_in = Instant::now();
        let profile = person.client.get("/v1/users/me").await.expect(200);
        assert_eq!(profile.json()["id"], person.id.as_str());
        slowest = slowest.max(signed_in - started).max(signed_in.elapsed());
    }
    slowest
}
