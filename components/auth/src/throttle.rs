//! How fast anybody may guess, or ask for what costs us something, from anywhere, in how many places at once.
//!
//! Each guess at a password is counted in two buckets at most: one of the account and one of the network it comes from,
//! or, instead of both, one of a device that the account was signed in with before. So whoever fills the others cannot
//! keep the owner out of a device of their own (OWASP's device cookies). The account's bucket is that of an address,
//! whether it has an account or not. What is asked for without a proof, mail say, is counted by network alone.

use std::net::IpAddr;

use shared::storage::{Error, Transaction};
use shared::{Result, Timestamp};

use crate::bucket::Class;
use crate::guess;
use crate::origin::Origin;
use crate::random::{self, Hash};
use crate::store::{device_tokens, throttles};

/// A try that goes on until it [`succeed`]s or [`fail`]s.
#[derive(Debug)]
pub struct Attempt {
    buckets: Vec<(Class, Hash)>,
}

/// Begins a try for the account of `email`, before anything is looked at that would tell whether it is right: commit it
/// first. 429 where it comes too early, and then it does not count.
pub fn begin(
    tx: &Transaction,
    email: &str,
    device_token: Option<&str>,
    origin: &Origin,
    now: Timestamp,
) -> Result<Attempt> {
    let buckets = buckets(tx, email, device_token, origin, now)?;
    let mut begun = Vec::with_capacity(buckets.len());
    for (class, key) in &buckets {
        let bucket = throttles::find(tx, key)?.begin(*class, now);
        begun.push((key, bucket.map_err(guess::too_early)?));
    }
    for (key, bucket) in begun {
        throttles::put(tx, key, &bucket)?;
    }
    throttles::prune(tx, now)?;
    Ok(Attempt { buckets })
}

/// Begins a try to sign up, which is wrong where the address is taken: whoever wants to know who has an account asks for
/// one address after the other. 429 where too many tried from the same network, whatever came of it.
pub fn begin_sign_up(tx: &Transaction, origin: &Origin, now: Timestamp) -> Result<Attempt> {
    count(tx, Class::SignUp, "sign-ups", origin, now)?;
    let network = origin.ip.as_deref().and_then(network);
    let key = network.map(|network| random::hash(&format!("sign-up {network}")));
    let buckets = Vec::from_iter(key.map(|key| (Class::Network, key)));
    for (class, key) in &buckets {
        let bucket = throttles::find(tx, key)?.begin(*class, now);
        throttles::put(tx, key, &bucket.map_err(guess::too_often)?)?;
    }
    Ok(Attempt { buckets })
}

/// The try was wrong. Whether from now on the account's owner has to wait who comes from elsewhere than a known device.
pub fn fail(tx: &Transaction, attempt: &Attempt, now: Timestamp) -> Result<bool> {
    let mut is_delayed = false;
    for (class, key) in &attempt.buckets {
        let (bucket, begins) = throttles::find(tx, key)?.fail(*class, now);
        throttles::put(tx, key, &bucket)?;
        is_delayed |= begins && *class == Class::Owner;
    }
    Ok(is_delayed)
}

/// The try was right.
pub fn succeed(tx: &Transaction, attempt: &Attempt) -> Result<(), Error> {
    for (class, key) in &attempt.buckets {
        let bucket = throttles::find(tx, key)?.succeed(*class);
        throttles::put(tx, key, &bucket)?;
    }
    Ok(())
}

/// Counts mail that somebody asked for who proved nothing. 429 where their network asked for too much.
pub fn count_mail(tx: &Transaction, origin: &Origin, now: Timestamp) -> Result<()> {
    count(tx, Class::Mail, "mail", origin, now)
}

/// Counts what else somebody asked for who proved nothing: something that is stored, or the use of a secret that was
/// mailed. Nobody guesses 256 bits; but nobody has to be let try without an end.
pub fn count_request(tx: &Transaction, origin: &Origin, now: Timestamp) -> Result<()> {
    count(tx, Class::Request, "requests", origin, now)
}

fn count(
    tx: &Transaction,
    class: Class,
    what: &str,
    origin: &Origin,
    now: Timestamp,
) -> Result<()> {
    let Some(network) = origin.ip.as_deref().and_then(network) else {
        return Ok(());
    };
    let key = random::hash(&format!("{what} {network}"));
    let bucket = throttles::find(tx, &key)?.count(class, now);
    let bucket = bucket.map_err(guess::too_often)?;
    throttles::put(tx, &key, &bucket)?;
    Ok(throttles::prune(tx, now)?)
}

fn buckets(
    tx: &Transaction,
    email: &str,
    device_token: Option<&str>,
    origin: &Origin,
    now: Timestamp,
) -> Result<Vec<(Class, Hash)>> {
    if let Some(token) = device_token {
        let token = random::hash(token);
        if device_tokens::is_known(tx, &token, email, now)? {
            return Ok(vec![(Class::Owner, token)]);
        }
    }
    let owner = random::hash(&format!("account {}", email.to_ascii_lowercase()));
    let network = origin.ip.as_deref().and_then(network);
    let network = network.map(|network| (Class::Network, random::hash(&network)));
    Ok(Vec::from_iter(
        [Some((Class::Owner, owner)), network].into_iter().flatten(),
    ))
}

/// What one customer of a provider has at least: an address of version 4, 2^64 of version 6.
fn network(ip: &str) -> Option<String> {
    let network = match ip.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(ip) => format!("network {ip}"),
        IpAddr::V6(ip) => format!("network {:x?}", &ip.segments()[..4]),
    };
    Some(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_address_of_version_4_and_half_of_one_of_version_6() {
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:0:0:2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("unknown"), None);
    }
}
