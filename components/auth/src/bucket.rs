//! A bucket of tries: how many it takes, how fast it forgets them, and when it takes the next one.

use std::time::Duration;

use serde::Deserialize;
use shared::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);
/// A stranger who guesses on and on keeps the owner waiting for so long on a device that is new.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// A try that was not judged for so long never will be: it counts as wrong.
pub const PATIENCE: Duration = MINUTE;
/// As many tries may be judged at once, besides those that cost nothing: right ones do not wait for each other. Wrong
/// ones can be no more than that before waiting begins, once.
const AT_ONCE: u32 = 30;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Wrong proofs about an account, or on a device of it: ten cost nothing; one is forgotten a day.
    Owner,
    /// Wrong proofs from a network, which many people may share: a hundred cost nothing; one is forgotten every ten
    /// minutes.
    Network,
    /// Mail that was asked for from a network: two hundred letters, and one more each half minute.
    Mail,
    /// People who sign up from a network, each of whom costs a hash, a letter and rows that stay: a thousand, and one more
    /// every ten seconds.
    SignUp,
    /// What else a network asks for that stores something or could be guessed: three hundred, and one more a second.
    Request,
}

/// What is known of one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Bucket {
    /// When something was counted last.
    pub last_at: Timestamp,
    /// When all is forgotten, if nothing follows.
    pub empty_at: Timestamp,
    /// How many tries go on, and when the latest of them began.
    pub pending: u32,
    pub pending_at: Timestamp,
}

impl Class {
    fn free(self) -> u32 {
        match self {
            Self::Owner => 10,
            Self::Network => 100,
            Self::Mail => 200,
            Self::SignUp => 1000,
            Self::Request => 300,
        }
    }

    /// After how long one is forgotten.
    fn leak(self) -> Duration {
        match self {
            Self::Owner => 24 * 60 * MINUTE,
            Self::Network => 10 * MINUTE,
            Self::Mail => MINUTE / 2,
            Self::SignUp => MINUTE / 6,
            Self::Request => MINUTE / 60,
        }
    }
}

impl Bucket {
    pub const EMPTY: Self = Self {
        last_at: Timestamp::MIN,
        empty_at: Timestamp::MIN,
        pending: 0,
        pending_at: Timestamp::MIN,
    };

    /// How many were in it when something was counted last.
    fn level(&self, class: Class) -> u32 {
        let level = self.empty_at.since(self.last_at).as_millis();
        u32::try_from(level.div_ceil(class.leak().as_millis())).unwrap_or(u32::MAX)
    }

    /// Counts one.
    fn fill(self, class: Class, at: Timestamp) -> Self {
        Self {
            last_at: at,
            empty_at: self.empty_at.max(at).plus(class.leak()),
            ..self
        }
    }

    /// When it takes the next wrong try: at once, or after a minute that doubles with each up to an hour.
    fn open_at(&self, class: Class) -> Timestamp {
        let Some(doublings) = self.level(class).checked_sub(class.free()) else {
            // Not `last_at`: of tries at once, the one that is counted last may have come first.
            return Timestamp::MIN;
        };
        let wait = MINUTE.saturating_mul(2_u32.saturating_pow(doublings));
        self.last_at.plus(wait.min(LONGEST_WAIT))
    }

    /// Begins a try of which nobody knows yet whether it is wrong; or how long it has to wait.
    pub fn begin(self, class: Class, now: Timestamp) -> Result<Self, Duration> {
        let bucket = self.without_lost(class, now);
        let open_at = bucket.open_at(class);
        if now < open_at {
            return Err(open_at.since(now));
        }
        let level = bucket.level(class);
        let room = match class.free().saturating_sub(level) {
            // Who had to wait comes alone.
            0 => 1,
            free => free.saturating_add(AT_ONCE),
        };
        if bucket.pending >= room {
            return Err(Duration::from_secs(1));
        }
        Ok(Self {
            pending: bucket.pending + 1,
            pending_at: now,
            ..bucket
        })
    }

    /// The try was wrong. Whether the next one has to wait, and did not have to before.
    pub fn fail(self, class: Class, now: Timestamp) -> (Self, bool) {
        let before = self.level(class);
        let bucket = self.end().fill(class, now);
        let begins = before < class.free() && class.free() <= bucket.level(class);
        (bucket, begins)
    }

    /// The try was right: what was wrong before is forgotten, but for a network's. An account of one's own is no way to
    /// guess at those of others.
    pub fn succeed(self, class: Class) -> Self {
        match class {
            Class::Owner => Self {
                last_at: Timestamp::MIN,
                empty_at: Timestamp::MIN,
                ..self.end()
            },
            _ => self.end(),
        }
    }

    /// Counts what is neither right nor wrong; or says how long it has to wait until one is forgotten.
    pub fn count(self, class: Class, now: Timestamp) -> Result<Self, Duration> {
        let room = class.leak() * (class.free() - 1);
        let open_at = self.empty_at.minus(room);
        if now < open_at {
            return Err(open_at.since(now));
        }
        Ok(self.fill(class, now))
    }

    fn end(self) -> Self {
        Self {
            pending: self.pending.saturating_sub(1),
            ..self
        }
    }

    /// With tries that were never judged counted as wrong.
    fn without_lost(self, class: Class, now: Timestamp) -> Self {
        if self.pending == 0 || now < self.pending_at.plus(PATIENCE) {
            return self;
        }
        let lost = self.pending.min(class.free().saturating_add(AT_ONCE));
        let at = self.pending_at;
        (0..lost)
            .fold(self, |bucket, _| bucket.fill(class, at))
            .settled()
    }

    fn settled(self) -> Self {
        Self { pending: 0, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

    fn wrong(bucket: Bucket, class: Class, at: Timestamp) -> Bucket {
        bucket.begin(class, at).unwrap().fail(class, at).0
    }

    /// So many wrong tries, each as soon as it is taken; how long the next one waits.
    fn wait_after(tries: u32) -> u64 {
        let mut bucket = Bucket::EMPTY;
        for _ in 0..tries {
            bucket = bucket.fill(Class::Owner, NOW);
        }
        bucket.open_at(Class::Owner).since(NOW).as_secs()
    }

    #[test]
    fn after_ten_wrong_tries_each_waits_twice_as_long_up_to_an_hour() {
        assert_eq!([1, 9].map(wait_after), [0; 2]);
        assert_eq!([10, 11, 12].map(wait_after), [60, 120, 240]);
        assert_eq!([15, 16, 60].map(wait_after), [1920, 3600, 3600]);
    }

    #[test]
    fn right_tries_wait_for_nothing_however_many_there_are_at_once() {
        let mut bucket = Bucket::EMPTY;
        for _ in 0..40 {
            bucket = bucket.begin(Class::Owner, NOW).unwrap();
        }
        assert!(bucket.begin(Class::Owner, NOW).is_err());
        for _ in 0..40 {
            bucket = bucket.succeed(Class::Owner);
        }
        assert_eq!(
            bucket,
            Bucket {
                pending_at: NOW,
                ..Bucket::EMPTY
            }
        );
    }

    #[test]
    fn who_had_to_wait_tries_alone() {
        let mut bucket = Bucket::EMPTY;
        for _ in 0..10 {
            bucket = wrong(bucket, Class::Owner, NOW);
        }
        let wait = bucket.begin(Class::Owner, NOW).unwrap_err();
        assert_eq!(wait, MINUTE);
        let later = NOW.plus(MINUTE);
        let one = bucket.begin(Class::Owner, later).unwrap();
        assert!(one.begin(Class::Owner, later).is_err());
        let (one, _) = one.fail(Class::Owner, later);
        assert_eq!(one.begin(Class::Owner, later), Err(2 * MINUTE));
    }

    #[test]
    fn that_waiting_begins_is_told_once() {
        let mut bucket = Bucket::EMPTY;
        let mut told = Vec::new();
        let mut now = NOW;
        for _ in 0..14 {
            now = now.max(bucket.open_at(Class::Owner));
            let (failed, begins) = bucket
                .begin(Class::Owner, now)
                .unwrap()
                .fail(Class::Owner, now);
            bucket = failed;
            told.push(begins);
        }
        assert_eq!(told.iter().filter(|begins| **begins).count(), 1);
        assert!(told[9]);
    }

    #[test]
    fn tries_that_are_never_judged_count_as_wrong() {
        let mut bucket = Bucket::EMPTY;
        for _ in 0..12 {
            bucket = bucket.begin(Class::Owner, NOW).unwrap();
        }
        let later = NOW.plus(PATIENCE);
        let wait = bucket.begin(Class::Owner, later).unwrap_err();
        assert_eq!(wait, 4 * MINUTE - PATIENCE);
    }

    #[test]
    fn requests_come_as_fast_as_they_are_forgotten() {
        let mut bucket = Bucket::EMPTY;
        for _ in 0..300 {
            bucket = bucket.count(Class::Request, NOW).unwrap();
        }
        let wait = bucket.count(Class::Request, NOW).unwrap_err();
        assert_eq!(wait, Duration::from_secs(1));
        let later = NOW.plus(wait);
        let bucket = bucket.count(Class::Request, later).unwrap();
        assert!(bucket.count(Class::Request, later).is_err());
    }

    #[test]
    fn a_right_try_forgives_an_account_and_no_network() {
        let once = |class| wrong(Bucket::EMPTY, class, NOW).begin(class, NOW).unwrap();
        assert_eq!(
            once(Class::Owner).succeed(Class::Owner).level(Class::Owner),
            0
        );
        assert_eq!(
            once(Class::Network)
                .succeed(Class::Network)
                .level(Class::Network),
            1
        );
    }
}
