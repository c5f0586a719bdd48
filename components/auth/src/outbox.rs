//! Delivers what the outbox holds, after the answer that put it there: nobody waits for a mail server,
//! and nobody can tell from the time an answer takes whether there was anything to send.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use shared::clock;
use shared::storage::Error;

use crate::mail;
use crate::store::DB;
use crate::store::outbox::{self, Kind, Message};

/// How many messages one request delivers at most; the next one goes on.
const BATCH: usize = 16;
/// How often an instance looks for what others left behind, or what is to be tried again.
const PERIOD: Duration = Duration::from_secs(10);

/// When this instance last looked, in milliseconds.
static LAST: AtomicI64 = AtomicI64::new(i64::MIN);

/// Goes on with what is due, on every request that comes long enough after the last that did: a
/// component has no time of its own.
pub fn deliver_now_and_then() {
    let now = clock::now();
    let before = now.minus(PERIOD).as_millis();
    let look = |last| (last <= before).then_some(now.as_millis());
    let relaxed = Ordering::Relaxed;
    if LAST.fetch_update(relaxed, relaxed, look).is_ok() {
        deliver_soon();
    }
}

/// Begins to deliver what is due, and lets the caller go on. Call it once the transaction that added
/// a message is committed.
pub fn deliver_soon() {
    spin_sdk::wasip3::spawn(async {
        if let Err(error) = deliver_due().await {
            // In one write, so that lines do not mix.
            report("the outbox cannot be read", &error.to_string());
        }
    });
}

async fn deliver_due() -> Result<(), Error> {
    for _ in 0..BATCH {
        let Some(message) = outbox::claim(DB.connect()?, clock::now())? else {
            break;
        };
        match deliver(&message).await {
            Ok(()) => outbox::delivered(DB.connect()?, &message)?,
            Err(failure) => {
                let failure = format!("{failure:#}");
                report("a message was not delivered", &failure);
                outbox::failed(DB.connect()?, &message, &failure, clock::now())?;
            }
        }
    }
    Ok(())
}

async fn deliver(message: &Message) -> anyhow::Result<()> {
    match message.kind {
        Kind::Mail => mail::send(&message.payload).await,
    }
}

/// Tells the log. `failure` must hold no secret: it is what a port says went wrong, not what it was given.
fn report(message: &str, failure: &str) {
    use std::io::Write;

    let mut line = serde_json::json!({
        "level": "warn", "component": "auth", "message": message, "cause": failure,
    })
    .to_string();
    line.push('\n');
    let _ = std::io::stderr().write_all(line.as_bytes());
}
