//! How fast somebody who is half in may guess on: a code of six digits would not last long otherwise.

use std::time::Duration;

use shared::storage::{ToValue, Value};
use shared::{Problem, Timestamp};

/// So many wrong guesses in a row cost nothing: people mistype.
const FREE: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What is guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guessed {
    Totp,
    /// The same, on a device that the account was signed in with, or in a session: who guesses elsewhere, and knows the
    /// password, must not keep its owner out there.
    TotpOnDevice,
    /// By somebody who has a session already.
    Password,
}

impl ToValue for Guessed {
    fn to_value(&self) -> Value {
        let name = match self {
            Self::Totp => "totp",
            Self::TotpOnDevice => "totp-on-device",
            Self::Password => "password",
        };
        Value::Text(name.to_owned())
    }
}

/// When the next guess is taken, after `count` wrong ones in a row, the latest at `last_at`. The wait
/// doubles with each up to a day: of a million codes, three of them right, a year of guessing tries 375.
pub fn open_at(count: u32, last_at: Timestamp) -> Timestamp {
    let Some(doublings) = count.checked_sub(FREE) else {
        return last_at;
    };
    let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(doublings));
    last_at.plus(wait.min(LONGEST_WAIT))
}

/// The answer to a guess that came too early.
pub fn too_early(wait: Duration) -> Problem {
    let seconds = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
    Problem::too_many_requests(
        "Too many wrong tries in a row. Wait, or prove who you are in another way.",
        seconds,
    )
}

/// The answer to somebody whose network asked for too much.
pub fn too_often(wait: Duration) -> Problem {
    let seconds = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
    Problem::too_many_requests("Too much was asked for from your network. Wait.", seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_five_wrong_guesses_each_further_one_waits_twice_as_long_up_to_a_day() {
        let last = Timestamp::from_millis(0);
        let wait = |count| open_at(count, last).since(last).as_secs();
        assert_eq!([0, 1, 4].map(wait), [0; 3]);
        assert_eq!([5, 6, 7].map(wait), [60, 120, 240]);
        assert_eq!([16, 40, u32::MAX].map(wait), [86_400; 3]);
    }
}
