//! Mail: what is said to people outside of an answer. A [`Letter`] is put into the outbox in the
//! transaction of what it tells of, and written out and sent once that is stored. How it travels is a
//! port; which one, the variable `mail_delivery` says.

mod api;
mod letter;
mod log;
mod notice;
mod template;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use shared::storage::{Connection, Error};
use shared::{Timestamp, clock, variables};

use crate::store::outbox::{self, Kind};
pub use letter::Letter;
pub use notice::{Notice, notify};

/// A mail, ready to send.
#[derive(Debug, PartialEq, Eq)]
struct Mail {
    to: String,
    subject: String,
    text: String,
    html: String,
}

/// A letter on its way.
#[derive(Serialize, Deserialize)]
struct Envelope {
    /// Nobody where the address asked for is no account's: that costs what any letter costs, so that
    /// the time of an answer does not tell.
    to: Option<String>,
    letter: Letter,
    /// When what the letter holds is good for nothing any more, and the letter with it.
    expires_at: Option<Timestamp>,
}

/// Puts a letter into the outbox. Call [`crate::outbox::deliver_soon`] after the transaction.
pub fn post(
    connection: &Connection,
    to: Option<&str>,
    letter: Letter,
    now: Timestamp,
) -> Result<(), Error> {
    let envelope = Envelope {
        to: to.map(str::to_owned),
        expires_at: letter.lifetime().map(|lifetime| now.plus(lifetime)),
        letter,
    };
    outbox::add(connection, Kind::Mail, &envelope, now)
}

/// Sends a letter from the outbox by the configured port.
pub async fn send(payload: &str) -> anyhow::Result<()> {
    let envelope: Envelope = serde_json::from_str(payload).context("read a letter")?;
    let is_late = envelope.expires_at.is_some_and(|end| end <= clock::now());
    let Some(to) = envelope.to.filter(|_| !is_late) else {
        return Ok(());
    };
    let sender = Sender {
        app_name: setting("app_name").await?,
        public_url: setting("public_url").await?,
    };
    let (subject, text, html) = envelope.letter.write(&sender);
    let mail = Mail {
        to,
        subject,
        text,
        html,
    };
    match setting("mail_delivery").await?.as_str() {
        "log" => {
            log::print(&mail);
            Ok(())
        }
        name => api::Provider::named(name)?.send(&mail, payload).await,
    }
}

/// In whose name mails are written.
pub struct Sender {
    app_name: String,
    /// Where people use the application; links lead there.
    public_url: String,
}

async fn setting(name: &str) -> anyhow::Result<String> {
    let value = variables::get(name).await;
    value.map_err(|_| anyhow::anyhow!("there is no variable {name}"))
}
