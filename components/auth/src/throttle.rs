//! How fast passwords may be guessed, by anybody, from anywhere, in how many places at once.
//!
//! Each try fills three buckets at most, before it is known whether it is wrong: one of the account, one
//! of the network it comes from, or, instead of both, one of a device that the account was signed in with
//! before. So whoever fills the others cannot keep the owner out of a device of their own (OWASP's
//! device cookies). The account's bucket is that of an address, whether it has an account or not.

use std::net::IpAddr;
use std::time::Duration;

use shared::storage::Transaction;
use shared::{Result, Timestamp};

use crate::guess;
use crate::origin::Origin;
use crate::random::{self, Hash};
use crate::store::{device_tokens, throttles};

const MINUTE: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How many tries a bucket takes, and how fast it forgets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Ten wrong tries cost nothing; one is forgotten a day.
    Owner,
    /// Many people may share a network: a hundred cost nothing; one is forgotten every ten minutes.
    Network,
}

impl Class {
    fn free(self) -> u32 {
        match self {
            Self::Owner => 10,
            Self::Network => 100,
        }
    }

    /// After how long one try is forgotten.
    pub fn leak(self) -> Duration {
        match self {
            Self::Owner => LONGEST_WAIT,
            Self::Network => 10 * MINUTE,
        }
    }

    /// When a bucket takes the next try that took its latest at `last_at`, and will be empty at
    /// `empty_at`: at once, or after a minute that doubles with each try up to a day.
    fn open_at(self, last_at: Timestamp, empty_at: Timestamp) -> Timestamp {
        let level = empty_at
            .since(last_at)
            .as_millis()
            .div_ceil(self.leak().as_millis());
        let level = u32::try_from(level).unwrap_or(u32::MAX);
        let Some(doublings) = level.checked_sub(self.free()) else {
            // Not `last_at`: of tries at once, the one that is counted last may have come first.
            return Timestamp::MIN;
        };
        let wait = MINUTE.saturating_mul(2_u32.saturating_pow(doublings));
        last_at.plus(wait.min(LONGEST_WAIT))
    }
}

/// A try that counts as wrong until it [`succeed`]s.
#[derive(Debug)]
pub struct Attempt {
    buckets: Vec<(Class, Hash)>,
}

/// Counts a try for the account of `email`, before anything is looked at that would tell whether it is
/// right: commit it first. 429 where it comes too early, and then it does not count.
pub fn begin(
    tx: &Transaction,
    email: &str,
    device_token: Option<&str>,
    origin: &Origin,
    now: Timestamp,
) -> Result<Attempt> {
    let buckets = buckets(tx, email, device_token, origin, now)?;
    for (class, key) in &buckets {
        let Some((last_at, empty_at)) = throttles::find(tx, key)? else {
            continue;
        };
        let open_at = class.open_at(last_at, empty_at);
        if open_at > now {
            return Err(guess::too_early(open_at.since(now)));
        }
    }
    for (class, key) in &buckets {
        throttles::fill(tx, key, class.leak(), now)?;
    }
    throttles::prune(tx, now)?;
    Ok(Attempt { buckets })
}

/// The try was right. What was wrong before it is forgotten, but for the network's: an account of one's
/// own is no way to guess at those of others.
pub fn succeed(tx: &Transaction, attempt: &Attempt) -> Result<()> {
    for (class, key) in &attempt.buckets {
        match class {
            Class::Owner => throttles::empty(tx, key)?,
            Class::Network => throttles::take_back(tx, key, class.leak())?,
        }
    }
    Ok(())
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
    fn after_ten_tries_each_waits_twice_as_long_up_to_a_day() {
        let last = Timestamp::from_millis(0);
        let wait = |tries: u32| {
            let empty_at = last.plus(Class::Owner.leak() * tries);
            Class::Owner.open_at(last, empty_at).since(last).as_secs()
        };
        assert_eq!([1, 9].map(wait), [0; 2]);
        assert_eq!([10, 11, 12].map(wait), [60, 120, 240]);
        assert_eq!([21, 60].map(wait), [86_400; 2]);
    }

    #[test]
    fn a_network_is_an_address_of_version_4_and_half_of_one_of_version_6() {
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:0:0:2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("unknown"), None);
    }
}
