//! Rule 3: nothing acknowledged is lost. The process is killed in the middle of writes, which is what a power cut is to
//! it, and started again on what it left.

use std::sync::Mutex;

use futures::future::join_all;
use rusqlite::Connection;
use selvedge_tests::{Client, Person, Setup, people};
use serde_json::json;
use tokio::sync::watch;

/// People who write at once, and the writes after which the process is killed.
const WRITERS: usize = 6;
const WRITES: usize = 200;

/// Times the process is killed: what it left is there to be written to, and killed, again.
const KILLS: usize = 2;

/// What was acknowledged.
enum Written {
    /// Somebody signed up.
    Account { email: String },
    /// A usage event was recorded.
    Event { writer: usize, id: String },
    /// A profile's name was changed, for this many times.
    Name { writer: usize, count: usize },
}

#[tokio::test]
async fn every_acknowledged_write_survives_a_kill() {
    let mut process = Setup::application().spawn().await;
    let writers = join_all((0..WRITERS).map(async |_| {
        let person = Person::sign_up(&process.client()).await;
        let subscribe = person
            .client
            .post("/v1/billing/subscriptions", &json!({"plan": "team"}));
        let first = subscribe
            .header("idempotency-key", "first")
            .await
            .expect(201)
            .json();
        (person, first)
    }))
    .await;

    let written = Mutex::new(Vec::new());
    for kill in 0..KILLS {
        let count = watch::Sender::new(0);
        let client = process.client();
        let acknowledge = |write| {
            written.lock().expect("no writer panicked").push(write);
            count.send_modify(|count| *count += 1);
        };
        let writing = join_all(writers.iter().enumerate().map(|(writer, (person, _))| {
            write_until_refused(
                client.with_token(&person.access_token),
                kill,
                writer,
                &acknowledge,
            )
        }));
        let killing = async {
            let enough = count
                .subscribe()
                .wait_for(|count| *count >= WRITES)
                .await
                .map(drop);
            enough.expect("the writers write");
            process.kill().await
        };
        let (state, _) = futures::join!(killing, writing);
        process = Setup::application().on(state).spawn().await;
    }

    let client = process.client();
    for write in written.into_inner().expect("no writer panicked") {
        assert_is_there(&client, &writers, write).await;
    }
    for (person, first) in &writers {
        let again = client
            .with_token(&person.access_token)
            .post("/v1/billing/subscriptions", &json!({"plan": "team"}));
        let again = again.header("idempotency-key", "first").await.expect(201);
        assert_eq!(
            &again.json(),
            first,
            "a repeated request is answered as it was before"
        );
        let invoice = format!(
            "/v1/billing/invoices/{}",
            first["invoice"].as_str().expect("an invoice was issued")
        );
        client
            .with_token(&person.access_token)
            .get(&invoice)
            .await
            .expect(200);
    }

    let state = process.stop().await;
    for label in ["auth", "users", "billing"] {
        let file = state.path().join(format!("sqlite/{label}.db"));
        let database = Connection::open(file).expect("there is a file a label");
        let verdict: String = database
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("it can be read");
        assert_eq!(verdict, "ok", "{label}");
    }
}

/// Writes, and acknowledges each write that the server did, until the server is gone.
async fn write_until_refused(
    client: Client,
    kill: usize,
    writer: usize,
    acknowledge: &impl Fn(Written),
) {
    for count in 1.. {
        let number = kill * 1_000_000 + count;
        let id = format!("event-{number}");
        let event = json!({"id": id, "meter": "api_calls", "quantity": 1});
        match client.post("/v1/billing/usage", &event).try_send().await {
            Ok(answer) => drop(answer.expect(201)),
            Err(_) => return,
        }
        acknowledge(Written::Event { writer, id });

        match client
            .patch("/v1/users/me", &json!({"name": format!("name {number}")}))
            .try_send()
            .await
        {
            Ok(answer) => drop(answer.expect(200)),
            Err(_) => return,
        }
        acknowledge(Written::Name {
            writer,
            count: number,
        });

        if count % 10 == 0 {
            let email = people::fresh_email();
            let sign_up = json!({"email": email, "password": people::PASSWORD});
            match client
                .anonymous()
                .post("/v1/auth/sign-up", &sign_up)
                .try_send()
                .await
            {
                Ok(answer) => drop(answer.expect(201)),
                Err(_) => return,
            }
            acknowledge(Written::Account { email });
        }
    }
}

async fn assert_is_there(client: &Client, writers: &[(Person, serde_json::Value)], write: Written) {
    match write {
        Written::Account { email } => drop(people::sign_in(client, &email).await.expect(200)),
        Written::Event { writer, id } => {
            let event = json!({"id": id, "meter": "api_calls", "quantity": 1});
            let client = client.with_token(&writers[writer].0.access_token);
            let answer = client.post("/v1/billing/usage", &event).await.expect(200);
            assert_eq!(answer.json()["duplicate"], true, "{id} was lost");
        }
        Written::Name { writer, count } => {
            let client = client.with_token(&writers[writer].0.access_token);
            let name = client.get("/v1/users/me").await.expect(200).json()["name"].clone();
            let number = name
                .as_str()
                .and_then(|name| name.strip_prefix("name "))
                .and_then(|number| number.parse().ok());
            // A later change replaced it, one perhaps whose answer was lost with the process.
            assert!(
                number.is_some_and(|number: usize| number >= count),
                "{name} should be name {count} or later"
            );
        }
    }
}
