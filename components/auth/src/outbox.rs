//! Delivers what the outbox holds, after the answer that put it there: nobody waits for a mail server,
//! and nobody can tell from the time an answer takes whether there was anything to send.
//!
//! Each kind of message has workers of its own, so that a slow receiver of webhooks delays no mail.
//! What failed is tried again in passing, after any request, or when an operator asks.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde::Serialize;
use shared::storage::Error;
use shared::{Timestamp, clock};

use crate::store::DB;
use crate::store::outbox::{self, Kind, Message};
use crate::webhook;
use crate::{deletion, mail, neighbour};

/// How many messages one worker delivers at most; the next request goes on.
const BATCH: usize = 16;
/// After this long a worker begins no further delivery: one takes ten seconds at most, and the host lets
/// a request go on for thirty.
const SHIFT: Duration = Duration::from_secs(15);
/// How often an instance looks for what others left behind, or what is to be tried again.
const PERIOD: Duration = Duration::from_secs(10);

/// What was done.
#[derive(Debug, Default, Serialize)]
pub struct Delivered {
    delivered: usize,
    /// They are tried again, or were given up.
    failed: usize,
    /// How many accounts were removed, their time having come.
    removed: usize,
    /// How many messages are still due.
    due: i64,
}

/// Begins to deliver what is due, and lets the caller go on. Call it once the transaction that added
/// a message is committed.
pub fn deliver_soon() {
    outbox::take_added();
    spin_sdk::wasip3::spawn(async {
        if let Err(error) = deliver_now().await {
            // In one write, so that lines do not mix.
            report("the outbox cannot be read", &error.to_string());
        }
    });
}

/// Goes on with what is due where this instance added something, and on every request that comes long
/// enough after the last that did: a component has no time of its own.
pub fn deliver_now_and_then() {
    /// When this instance last looked, in milliseconds.
    static LAST: AtomicI64 = AtomicI64::new(i64::MIN);

    let now = clock::now();
    let before = now.minus(PERIOD).as_millis();
    let look = |last| (last <= before).then_some(now.as_millis());
    let relaxed = Ordering::Relaxed;
    if LAST.fetch_update(relaxed, relaxed, look).is_ok() || outbox::take_added() {
        deliver_soon();
    }
}

/// Removes the accounts whose time has come, and delivers what is due: as much of it as a request has time
/// for.
pub async fn deliver_now() -> Result<Delivered, Error> {
    let removed = deletion::remove_due()?;
    let (now, started) = (clock::now(), Instant::now());
    let mut work = Vec::new();
    for kind in Kind::ALL {
        if outbox::count_due(DB.connect()?, kind, now)? > 0 {
            work.extend((0..workers(kind)).map(|_| work_off(kind, started)));
        }
    }
    let mut total = Delivered {
        removed,
        ..Delivered::default()
    };
    for done in join_all(work).await {
        let done = done?;
        total.delivered += done.delivered;
        total.failed += done.failed;
    }
    total.due = count_due(clock::now())?;
    Ok(total)
}

/// How many messages of a kind are delivered at once.
fn workers(kind: Kind) -> usize {
    match kind {
        Kind::Mail | Kind::Erasure => 1,
        Kind::Webhook => 4,
    }
}

fn count_due(now: Timestamp) -> Result<i64, Error> {
    let mut due = 0;
    for kind in Kind::ALL {
        due += outbox::count_due(DB.connect()?, kind, now)?;
    }
    Ok(due)
}

async fn work_off(kind: Kind, started: Instant) -> Result<Delivered, Error> {
    let mut done = Delivered::default();
    for _ in 0..BATCH {
        if started.elapsed() >= SHIFT {
            break;
        }
        let Some(message) = outbox::claim(DB.connect()?, kind, clock::now())? else {
            break;
        };
        match deliver(&message).await {
            Ok(()) => {
                outbox::delivered(DB.connect()?, &message)?;
                done.delivered += 1;
            }
            Err(failure) => {
                let failure = format!("{failure:#}");
                // Said once it is so: whoever reads the line may count on the next try.
                outbox::failed(DB.connect()?, &message, &failure, clock::now())?;
                report("a message was not delivered", &failure);
                done.failed += 1;
            }
        }
    }
    Ok(done)
}

async fn deliver(message: &Message) -> anyhow::Result<()> {
    let payload = &message.payload;
    match message.kind {
        Kind::Mail => mail::send(payload).await,
        Kind::Webhook => {
            let retry_at = message.retry_at(clock::now());
            webhook::attempt::make(&serde_json::from_str(payload)?, retry_at).await
        }
        Kind::Erasure => neighbour::forget(&serde_json::from_str(payload)?).await,
    }
}

/// Tells the log. `failure` must hold no secret: it is what a port says went wrong, not what it was given.
pub fn report(message: &str, failure: &str) {
    use std::io::Write;

    let mut line = serde_json::json!({
        "level": "warn", "component": "auth", "message": message, "cause": failure,
    })
    .to_string();
    line.push('\n');
    let _ = std::io::stderr().write_all(line.as_bytes());
}
