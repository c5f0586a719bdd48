//! What auth must learn of organisations, so that tokens and keys can speak of them: written down in the transaction of
//! what it tells of, told before the answer where auth takes it at once, and later where it does not. An organisation is
//! made, and somebody invited, whether auth is there or not.
//!
//! What auth is told is only that there is news, and its number; what it is, auth asks for. Every component with a guard
//! can tell auth something, but at `users` nobody but auth can ask: so no other component makes anybody a member.

use std::future::{Future, poll_fn};
use std::io::Write;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;
use std::time::Duration;

use anyhow::ensure;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request};
use serde_json::json;
use shared::storage::{Error, Transaction};
use shared::{MemberRole, OrganizationId, Timestamp, UserId, clock, http_client};
use spin_sdk::wasip3;
use spin_sdk::wasip3::clocks::monotonic_clock::wait_for;

use crate::organization::{Invitation, Organization};
use crate::store::DB;
use crate::store::outbox;

/// No route of the manifest leads there.
const ADDRESS: &str = "http://auth.spin.internal/internal/organizations";
/// How long an answer waits for auth, in nanoseconds.
const PATIENCE: u64 = 2_000_000_000;
/// How often an answer looks whether another has told what it waits for, in nanoseconds.
const LOOK: u64 = 5_000_000;
/// How often an instance looks for what is to be told again.
const PERIOD: Duration = Duration::from_secs(5);
/// How much is told in one go.
const BATCH: usize = 64;

/// An organisation is as it is now.
pub fn organization(tx: &Transaction, it: &Organization, now: Timestamp) -> Result<(), Error> {
    let news = json!({"kind": "organization", "id": it.id, "networks": it.networks()});
    outbox::add(tx, &news, now)
}

/// An organisation is no more, and nobody its member.
pub fn ended(tx: &Transaction, id: OrganizationId, now: Timestamp) -> Result<(), Error> {
    outbox::add(tx, &json!({"kind": "ended", "id": id}), now)
}

/// Somebody is this in an organisation now, or nothing.
pub fn member(
    tx: &Transaction,
    organization: OrganizationId,
    user: UserId,
    role: Option<MemberRole>,
    now: Timestamp,
) -> Result<(), Error> {
    let news = json!({"kind": "member", "organization": organization, "user": user, "role": role});
    outbox::add(tx, &news, now)
}

/// Somebody is invited, and should be told by mail.
pub fn invitation(tx: &Transaction, it: &Invitation, now: Timestamp) -> Result<(), Error> {
    let news = json!({
        "kind": "invitation", "id": it.id, "name": it.organization, "email": it.email,
        "invited_by": it.invited_by, "expires_at": it.expires_at,
    });
    outbox::add(tx, &news, now)
}

/// Tells what there is to tell, for as long as an answer can wait for it. Call it once the transaction that wrote it down
/// is committed.
pub async fn tell() {
    let mut telling = pin!(tell_all());
    let mut late = pin!(wait_for(PATIENCE));
    let told = poll_fn(|context| match telling.as_mut().poll(context) {
        Poll::Ready(told) => Poll::Ready(told),
        Poll::Pending => late.as_mut().poll(context).map(|()| Ok(())),
    });
    if let Err(error) = told.await {
        report("the outbox cannot be read", &error.to_string());
    }
}

/// Goes on with what is still to be told, on a request that comes long enough after the last that did so: a component has
/// no time of its own.
pub fn tell_now_and_then() {
    /// When this instance last looked, in milliseconds.
    static LAST: AtomicI64 = AtomicI64::new(i64::MIN);

    let now = clock::now();
    let before = now.minus(PERIOD).as_millis();
    let look = |last| (last <= before).then_some(now.as_millis());
    let relaxed = Ordering::Relaxed;
    if LAST.fetch_update(relaxed, relaxed, look).is_ok() {
        wasip3::spawn(async move {
            match DB.connect().and_then(|db| outbox::is_due(db, now)) {
                Ok(true) => tell().await,
                Ok(false) => {}
                Err(error) => report("the outbox cannot be read", &error.to_string()),
            }
        });
    }
}

async fn tell_all() -> Result<(), Error> {
    let latest = outbox::latest(DB.connect()?)?;
    for _ in 0..BATCH {
        let Some(message) = outbox::claim(DB.connect()?, clock::now())? else {
            break;
        };
        match deliver(message.number).await {
            Ok(()) => outbox::delivered(DB.connect()?, &message)?,
            Err(failure) => {
                // Said once it is so: whoever reads the line may count on the next try.
                outbox::failed(DB.connect()?, &message, clock::now())?;
                report(
                    "auth was not told of organisations",
                    &format!("{failure:#}"),
                );
                return Ok(());
            }
        }
    }
    // What this answer is to wait for, another request may be telling.
    while outbox::is_held(DB.connect()?, latest)? {
        wait_for(LOOK).await;
    }
    Ok(())
}

async fn deliver(number: i64) -> anyhow::Result<()> {
    let news = json!({"number": number});
    let request = Request::builder()
        .method(Method::POST)
        .uri(ADDRESS)
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::from(news.to_string()))?;
    let status = http_client::send(request).await?.status();
    ensure!(status.is_success(), "auth answered {status}");
    Ok(())
}

fn report(message: &str, cause: &str) {
    let mut line = json!({
        "level": "warn", "component": "users", "message": message, "cause": cause,
    })
    .to_string();
    line.push('\n');
    // In one write, so that lines do not mix.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
