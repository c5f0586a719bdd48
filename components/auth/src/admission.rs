//! The one door. Every way to prove who one is, a password, a link, a key, another provider, ends here;
//! what stands between the proof and a session is decided here and nowhere else.

use shared::Timestamp;
use shared::storage::{Error, Transaction};

use crate::account::Account;
use crate::mail::{self, Notice};
use crate::method::Methods;
use crate::origin::Origin;
use crate::refresh_token::RefreshToken;
use crate::store::audit::{self, Entry, Event};
use crate::store::devices;
use crate::store::sessions::{self, Session};

/// What came of a proof.
pub enum Admission {
    /// The owner of the account is in.
    Session {
        account: Account,
        session: Session,
        refresh_token: RefreshToken,
    },
    /// The account is not to be used.
    Disabled,
}

/// Lets the owner of `account`, who proved to be it by `methods`, in. Run it in the transaction that
/// uses up the proof, so that a proof is never good for two sessions, nor lost without one.
/// `refresh_token` is the session's first. Call
/// [`crate::outbox::deliver_soon`] after it: people are told of devices they did not use before.
pub fn admit(
    tx: &Transaction,
    account: Account,
    methods: Methods,
    refresh_token: RefreshToken,
    origin: &Origin,
    now: Timestamp,
) -> Result<Admission, Error> {
    if account.disabled_at.is_some() {
        audit::record(
            tx,
            &Entry::about(Event::SignInRefused, account.id),
            origin,
            now,
        )?;
        return Ok(Admission::Disabled);
    }
    let session = sessions::begin(tx, account.id, &methods, origin, &refresh_token.hash(), now)?;
    if devices::is_new(tx, account.id, &origin.fingerprint(), now)? {
        mail::notify(tx, &account, Notice::NewDevice, origin, now)?;
    }
    let entry = Entry::by(Event::SignedIn, account.id).with_object(&session.id);
    audit::record(tx, &entry, origin, now)?;
    for surplus in sessions::end_surplus(tx, account.id)? {
        let entry = Entry::about(Event::SessionDisplaced, account.id).with_object(&surplus);
        audit::record(tx, &entry, origin, now)?;
    }
    Ok(Admission::Session {
        account,
        session,
        refresh_token,
    })
}
