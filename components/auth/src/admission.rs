//! The one door. Every way to prove who one is, a password, a link, a key, another provider, ends here;
//! what stands between the proof and a session is decided here and nowhere else.

use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};
use shared::storage::{Error, Transaction};
use shared::{SessionId, Timestamp, UserId};

use crate::account::Account;
use crate::deletion;
use crate::factor::{self, Factor};
use crate::mail::{self, Notice};
use crate::method::Methods;
use crate::origin::Origin;
use crate::random;
use crate::refresh_token::RefreshToken;
use crate::store::audit::{self, Entry, Event};
use crate::store::challenges::{self, Challenge, Purpose};
use crate::store::sessions::{self, Session};
use crate::store::{device_tokens, devices};

/// What came of a proof.
pub enum Admission {
    /// The owner of the account is in.
    Session {
        account: Account,
        session: Session,
        refresh_token: RefreshToken,
    },
    /// Half in: a second factor is asked for, by `POST /v1/auth/second-factor`.
    SecondFactor(Asked),
    /// The account is not to be used.
    Disabled,
}

/// What is asked of somebody who proved the first factor, in an account that has a second.
#[derive(Debug, Serialize)]
pub struct Asked {
    /// To be sent along with the second factor.
    token: String,
    /// Any of these.
    methods: Vec<Factor>,
    expires_at: Timestamp,
}

/// What is remembered of the first factor.
#[derive(Serialize, Deserialize)]
pub struct HalfIn {
    #[serde(serialize_with = "as_text")]
    pub methods: Methods,
}

/// As it is read.
fn as_text<S: Serializer>(methods: &Methods, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(methods)
}

/// How long the second factor may take.
const SECOND_FACTOR: Duration = Duration::from_secs(10 * 60);

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
    if !methods.is_multi_factor() {
        let factors = factor::of(tx, account.id)?;
        if !factors.is_empty() {
            return ask(tx, account.id, methods, factors, refresh_token, origin, now);
        }
    }
    deletion::take_back(tx, &account, origin, now)?;
    let session = sessions::begin(tx, account.id, &methods, origin, &refresh_token.hash(), now)?;
    let device_token = random::hash(&refresh_token.device_token());
    device_tokens::add(tx, account.id, &device_token, now)?;
    if devices::is_new(tx, account.id, &origin.fingerprint(), now)? {
        mail::notify(tx, &account, Notice::NewDevice, origin, now)?;
    }
    let entry = Entry::by(Event::SignedIn, account.id).with_object(&session.id);
    audit::record(tx, &entry, origin, now)?;
    displace(tx, account.id, origin, now)?;
    Ok(Admission::Session {
        account,
        session,
        refresh_token,
    })
}

/// Asks for a second factor. No session begins, so the bits of its refresh token are free to be the
/// token of what is asked.
fn ask(
    tx: &Transaction,
    account: UserId,
    methods: Methods,
    factors: Vec<Factor>,
    refresh_token: RefreshToken,
    origin: &Origin,
    now: Timestamp,
) -> Result<Admission, Error> {
    let token = refresh_token.replaced_by("sf_");
    let challenge = Challenge {
        purpose: Purpose::SecondFactor,
        account: Some(account),
        secret: &random::hash(&token),
        code: None,
        data: &HalfIn { methods },
        lifetime: SECOND_FACTOR,
    };
    challenges::set(tx, &challenge, now)?;
    let entry = Entry::about(Event::SecondFactorAsked, account);
    audit::record(tx, &entry, origin, now)?;
    Ok(Admission::SecondFactor(Asked {
        token,
        methods: factors,
        expires_at: now.plus(SECOND_FACTOR),
    }))
}

/// Ends the sessions of an account that are too many.
pub fn displace(
    tx: &Transaction,
    account: UserId,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    for surplus in sessions::end_surplus(tx, account)? {
        let entry = Entry::about(Event::SessionDisplaced, account).with_object(&surplus);
        audit::record(tx, &entry, origin, now)?;
    }
    Ok(())
}

/// Shows everybody out who is in with this account, but the session `kept`.
pub fn dismiss(
    tx: &Transaction,
    account: UserId,
    kept: Option<SessionId>,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Error> {
    for session in sessions::end_all(tx, account, kept)? {
        let entry = Entry::by(Event::SessionRevoked, account).with_object(&session);
        audit::record(tx, &entry, origin, now)?;
    }
    Ok(())
}
