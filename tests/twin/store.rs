//! The databases: the application's own schemas and statements, a WAL, and a sync before a write is acknowledged.

use std::{
    path::{Path, PathBuf},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

const USERS: &str = include_str!("../../components/users/migrations/0001_profiles.sql");
const BILLING: [&str; 3] = [
    include_str!("../../components/billing/migrations/0001_catalogue.sql"),
    include_str!("../../components/billing/migrations/0002_subscriptions.sql"),
    include_str!("../../components/billing/migrations/0003_usage.sql"),
];

/// Writes that may wait for the writer.
const QUEUE: usize = 1024;

fn open(file: &Path) -> Connection {
    let database = Connection::open(file)
        .unwrap_or_else(|error| panic!("cannot open {}: {error}", file.display()));
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        )
        .expect("a new database takes settings");
    database
}

fn now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0, |duration| duration.as_millis() as i64)
}

/// What a profile shows.
#[derive(Serialize)]
pub struct Profile {
    id: String,
    email: Option<String>,
    name: Option<String>,
    locale: Option<String>,
    /// Its ETag.
    #[serde(skip)]
    pub version: i64,
    created_at: i64,
    updated_at: i64,
}

/// The profiles.
pub struct Profiles(PathBuf);

thread_local! {
    /// A read takes less time than handing it to another thread: each thread has a connection.
    static READER: std::cell::OnceCell<Connection> = const { std::cell::OnceCell::new() };
}

impl Profiles {
    /// Opens the database, and makes its tables where it is new.
    pub fn open(file: &Path) -> Self {
        let database = open(file);
        // On a file that exists the tables exist.
        let _ = database.execute_batch(USERS);
        Self(file.to_owned())
    }

    /// Adds a profile.
    pub fn add(&self, user: &str, email: &str) {
        let added = open(&self.0).execute(
            "INSERT INTO profiles (id, email, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)",
            params![user, email, now()],
        );
        added.expect("a new user has no profile yet");
    }

    /// One profile.
    pub fn find(&self, user: &str) -> Option<Profile> {
        READER.with(|reader| {
            let mut select = reader
                .get_or_init(|| open(&self.0))
                .prepare_cached(
                    "SELECT id, email, name, locale, version, created_at, updated_at
                     FROM profiles WHERE id = ?",
                )
                .ok()?;
            let profile = select.query_row([user], |row| {
                Ok(Profile {
                    id: row.get(0)?,
                    email: row.get(1)?,
                    name: row.get(2)?,
                    locale: row.get(3)?,
                    version: row.get(4)?,
                    created_at: row.get(5)?,
                    updated_at: row.get(6)?,
                })
            });
            profile.optional().ok()?
        })
    }
}

/// A usage event as it is sent.
#[derive(Deserialize)]
pub struct Event {
    id: String,
    meter: String,
    quantity: i64,
}

/// A usage event as it is stored.
#[derive(Serialize)]
pub struct Stored {
    id: String,
    subscription: String,
    meter: String,
    quantity: i64,
    at: i64,
    recorded_at: i64,
}

enum Write {
    Subscribe(String, oneshot::Sender<()>),
    Record(String, Event, oneshot::Sender<Option<Stored>>),
}

/// Subscriptions and usage: one thread writes, one transaction a request.
pub struct Usage(mpsc::Sender<Write>);

impl Usage {
    /// Opens the database, makes its tables where it is new, and starts its writer.
    pub fn open(file: &Path) -> Self {
        let database = open(file);
        for migration in BILLING {
            // On a file that exists the tables exist.
            let _ = database.execute_batch(migration);
        }
        let (sender, mut receiver) = mpsc::channel(QUEUE);
        thread::spawn(move || {
            while let Some(write) = receiver.blocking_recv() {
                // Who no longer waits for the answer needs none.
                match write {
                    Write::Subscribe(user, done) => {
                        subscribe(&database, &user);
                        let _ = done.send(());
                    }
                    Write::Record(user, event, done) => {
                        drop(done.send(record(&database, &user, &event).ok().flatten()));
                    }
                }
            }
        });
        Self(sender)
    }

    /// Subscribes a user to the plan `team`.
    pub async fn subscribe(&self, user: String) {
        let (done, finished) = oneshot::channel();
        if self.0.send(Write::Subscribe(user, done)).await.is_ok() {
            let _ = finished.await;
        }
    }

    /// Stores an event; None where there is no subscription or there was such an event.
    pub async fn record(&self, user: String, event: Event) -> Option<Stored> {
        let (done, finished) = oneshot::channel();
        self.0.send(Write::Record(user, event, done)).await.ok()?;
        finished.await.ok()?
    }
}

fn subscribe(database: &Connection, user: &str) {
    // A user who is subscribed stays so.
    let _ = database.execute(
        "INSERT INTO subscriptions (id, user_id, plan_id, family, started_at) VALUES (?, ?, 'team', 'platform', ?)",
        params![format!("sub_{}", uuid::Uuid::now_v7().simple()), user, now()],
    );
}

fn record(database: &Connection, user: &str, event: &Event) -> rusqlite::Result<Option<Stored>> {
    let mut insert = database.prepare_cached(
        "INSERT INTO usage_events (user_id, id, subscription_id, meter_id, quantity, at, recorded_at)
         SELECT ?1, ?2, s.id, pm.meter_id, ?4, ?5, ?6
         FROM subscriptions s JOIN plan_meters pm ON pm.plan_id = s.plan_id
         WHERE s.user_id = ?1 AND s.ended_at IS NULL AND s.started_at <= ?5 AND pm.meter_id = ?3
         ORDER BY s.family LIMIT 1
         ON CONFLICT (user_id, id) DO NOTHING
         RETURNING id, subscription_id, meter_id, quantity, at, recorded_at",
    )?;
    let now = now();
    let row = params![user, event.id, event.meter, event.quantity, now, now];
    let stored = insert.query_map(row, |row| {
        Ok(Stored {
            id: row.get(0)?,
            subscription: row.get(1)?,
            meter: row.get(2)?,
            quantity: row.get(3)?,
            at: row.get(4)?,
            recorded_at: row.get(5)?,
        })
    })?;
    // To the end, where the transaction is committed or fails to be.
    Ok(stored.collect::<Result<Vec<_>, _>>()?.pop())
}
