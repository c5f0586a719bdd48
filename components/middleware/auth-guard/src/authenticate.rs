//! From a request to the identity of its caller, by a token or a key that was verified.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use relay::Entries;
use wasip3::clocks::monotonic_clock;
use wasip3::http::types::{Method, Request};

use crate::api_key::{self, ApiKey, Verdict};
use crate::config::{self, Config};
use crate::identity::Identity;
use crate::keys::{self, KeySet};
use crate::memory::{Fingerprint, Memory, fingerprint};
use crate::refusal::Refusal;
use crate::revocations::{self, Revocations, Step};
use crate::token::{Key, Unverified, Verified};
use crate::{bearer, cookie, fetch, scope, site};

/// How often a request looks whether what another one asks for is there, in nanoseconds.
const POLL: u64 = 5_000_000;

// An instance serves many requests, several at a time, all on one thread.
thread_local! {
    static VERIFIED: RefCell<Memory<Rc<Verified>>> = const { RefCell::new(Memory::new()) };
    static KEYS: RefCell<KeySet> = const { RefCell::new(KeySet::new()) };
    static API_KEYS: RefCell<Memory<ApiKey>> = const { RefCell::new(Memory::new()) };
    static REVOCATIONS: RefCell<Revocations> = const { RefCell::new(Revocations::new()) };
}

/// The caller, `None` for an anonymous one. A token or a key that is not good refuses the request
/// even where none is needed: a caller who believes to be signed in should learn that it is not. Only
/// on public paths it is not looked at, since there it can be had anew.
pub async fn caller(request: &Request, headers: &Entries) -> Result<Option<Rc<Identity>>, Refusal> {
    let has_bearer = bearer::is_there(headers);
    let has_cookie = !has_bearer && cookie::is_there(headers);
    if !has_bearer && !has_cookie {
        return Ok(None);
    }
    let arrival = Instant::now();
    let config = config::get().await?;
    let changes = changes(&request.get_method());
    if has_cookie && changes {
        let host = request.get_authority();
        let host = host.as_deref().or_else(|| headers.only("host"));
        if !site::is_ours(headers, host, &config.allowed_origins) {
            return Err(Refusal::OtherSite);
        }
    }
    let path = || request.get_path_with_query().unwrap_or_default();
    if !config.public_paths.is_empty() && config.is_public(&path()) {
        return Ok(None);
    }
    let shown = match has_bearer {
        true => bearer::token(headers)?,
        false => cookie::token(headers)?,
    };
    let Some(text) = shown else {
        return Ok(None);
    };
    let is_fresh = changes && !config.is_tolerant(&path());
    if has_bearer && text.starts_with(api_key::PREFIX) {
        let url = config.api_keys_url.as_deref().ok_or(Refusal::NoApiKeys)?;
        let needed = scope::needed(&path(), changes);
        return judge(text, url, needed, is_fresh, arrival).await.map(Some);
    }
    let token = verify(text, config, arrival).await?;
    if let (Some(url), Some(_)) = (&config.revocations_url, &token.identity.session) {
        refuse_ended(&token, url, is_fresh, arrival).await?;
    }
    Ok(Some(Rc::clone(&token.identity)))
}

async fn verify(text: &str, config: &Config, arrival: Instant) -> Result<Rc<Verified>, Refusal> {
    let now = unix_seconds();
    let fingerprint = fingerprint(text);
    let known = VERIFIED.with_borrow_mut(|memory| memory.find(&fingerprint).cloned());
    if let Some(token) = known.filter(|token| now < token.ends) {
        // A key that was withdrawn takes its tokens with it.
        find_key(&token.key_id, config, arrival).await?;
        return Ok(token);
    }
    let token = Unverified::parse(text)?;
    let key = find_key(token.key_id(), config, arrival).await?;
    let token = Rc::new(token.verify(&key, &config.expected, now)?);
    VERIFIED.with_borrow_mut(|memory| memory.keep(fingerprint, Rc::clone(&token)));
    Ok(token)
}

/// Whom a key speaks for, if it is good, and allowed the scope that is `needed`; see [`ApiKey`] for how old an answer it
/// goes by.
async fn judge(
    text: &str,
    url: &str,
    needed: Option<String>,
    is_fresh: bool,
    arrival: Instant,
) -> Result<Rc<Identity>, Refusal> {
    let key = fingerprint(text);
    let verdict = loop {
        let step = API_KEYS
            .with_borrow_mut(|keys| keys.entry(&key).step(is_fresh, arrival, Instant::now()));
        match step {
            api_key::Step::Go(verdict) => break verdict,
            api_key::Step::Ask => {
                let verdict = ask_for_api_key(url, &key).await;
                break verdict.ok_or(Refusal::ApiKeysUnavailable)?;
            }
            api_key::Step::Wait => monotonic_clock::wait_for(POLL).await,
            api_key::Step::Unanswered => return Err(Refusal::ApiKeysUnavailable),
        }
    };
    let good = match verdict {
        Verdict::Good(good) => good,
        Verdict::Unknown => return Err(Refusal::UnknownApiKey),
        Verdict::Exhausted(seconds) => return Err(Refusal::Exhausted(seconds)),
    };
    if good.ends.is_some_and(|ends| ends <= unix_seconds()) {
        return Err(Refusal::UnknownApiKey);
    }
    match needed {
        Some(scope) if good.scopes.contains(&scope) => Ok(Rc::clone(&good.identity)),
        needed => Err(Refusal::OutOfScope(needed)),
    }
}

async fn ask_for_api_key(url: &str, key: &Fingerprint) -> Option<Verdict> {
    /// The request that asks may be cancelled midway; others must not wait for it then.
    struct Asking<'a>(&'a Fingerprint, u32);
    impl Drop for Asking<'_> {
        fn drop(&mut self) {
            API_KEYS.with_borrow_mut(|keys| keys.entry(self.0).abandon(self.1));
        }
    }

    let asked = Instant::now();
    let reported = API_KEYS.with_borrow_mut(|keys| keys.entry(key).begin());
    let asking = Asking(key, reported);
    let told = fetch::api_key(url, key, reported).await;
    std::mem::forget(asking);
    API_KEYS.with_borrow_mut(|keys| {
        keys.entry(key)
            .finish(told, reported, asked, Instant::now())
    })
}

/// Whether a method may change something, RFC 9110 section 9.2.1.
fn changes(method: &Method) -> bool {
    !matches!(method, Method::Get | Method::Head | Method::Options)
}

/// Refuses what shows a session that ended, roles or a place that changed, or a key that was withdrawn.
async fn refuse_ended(
    token: &Verified,
    url: &str,
    is_fresh: bool,
    arrival: Instant,
) -> Result<(), Refusal> {
    know_revocations(url, is_fresh, arrival).await?;
    let is_over = |object: &str| REVOCATIONS.with_borrow(|known| known.contains(object));
    let identity = &token.identity;
    if identity.session.as_deref().is_some_and(is_over) {
        Err(Refusal::EndedSession)
    } else if is_over(&revocations::key(&token.key_id)) {
        Err(Refusal::InvalidToken)
    } else if identity.roles_grant().as_deref().is_some_and(is_over) {
        Err(Refusal::ChangedRoles)
    } else if identity
        .organization_grants()
        .iter()
        .any(|grant| is_over(grant))
    {
        Err(Refusal::ChangedOrganization)
    } else {
        Ok(())
    }
}

/// Makes sure that revocations are known; see [`Revocations`] for how old an answer goes, where `is_fresh` asks for one of its
/// own.
async fn know_revocations(url: &str, is_fresh: bool, arrival: Instant) -> Result<(), Refusal> {
    // Each look at the clock is a call to the host: no time has passed until something was waited for.
    let mut now = arrival;
    loop {
        match REVOCATIONS.with_borrow(|known| known.step(is_fresh, arrival, now)) {
            Step::Ask => ask_for_revocations(url).await,
            Step::Wait => monotonic_clock::wait_for(POLL).await,
            Step::Unanswered if is_fresh => return Err(Refusal::RevocationsUnavailable),
            Step::Known | Step::Unanswered => return Ok(()),
        }
        now = Instant::now();
    }
}

async fn ask_for_revocations(url: &str) {
    /// The request that asks may be cancelled midway; others must not wait for it then.
    struct Asking(Instant);
    impl Drop for Asking {
        fn drop(&mut self) {
            REVOCATIONS.with_borrow_mut(|known| known.abandon(self.0, Instant::now()));
        }
    }

    let asked = Instant::now();
    let _asking = Asking(asked);
    let mut after = REVOCATIONS.with_borrow_mut(Revocations::begin);
    loop {
        let told = fetch::revocations(url, after).await;
        let is_answered = told.is_some();
        let more = told.is_some_and(|told| {
            if told.withdraws_a_key() {
                KEYS.with_borrow_mut(KeySet::distrust);
            }
            let more = told.more;
            after = REVOCATIONS.with_borrow_mut(|known| known.learn(told, Instant::now()));
            more
        });
        if !more {
            let now = Instant::now();
            REVOCATIONS.with_borrow_mut(|known| known.finish(is_answered, asked, now));
            break;
        }
    }
}

async fn find_key(key_id: &str, config: &Config, arrival: Instant) -> Result<Key, Refusal> {
    let mut has_asked = false;
    let mut now = arrival;
    loop {
        match KEYS.with_borrow(|keys| keys.step(key_id, now)) {
            keys::Step::Use(key) => return Ok(key),
            keys::Step::Fetch => fetch_keys(config).await,
            keys::Step::Wait => monotonic_clock::wait_for(POLL).await,
            // Where another key was withdrawn, this one may have come for it.
            keys::Step::Unknown if !has_asked => {
                has_asked = true;
                if let Some(url) = &config.revocations_url {
                    know_revocations(url, false, arrival).await?;
                }
            }
            keys::Step::Unknown => return Err(Refusal::InvalidToken),
            keys::Step::Unavailable => return Err(Refusal::KeysUnavailable),
        }
        now = Instant::now();
    }
}

async fn fetch_keys(config: &Config) {
    /// The request that fetches may be cancelled midway; others must not wait for it then.
    struct Fetching;
    impl Drop for Fetching {
        fn drop(&mut self) {
            KEYS.with_borrow_mut(|keys| keys.abandon(Instant::now()));
        }
    }

    let _fetching = Fetching;
    KEYS.with_borrow_mut(KeySet::begin);
    let fetched = fetch::keys(&config.jwks_url).await;
    KEYS.with_borrow_mut(|keys| keys.finish(fetched, Instant::now()));
}

fn unix_seconds() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0, |duration| duration.as_secs() as i64)
}
