//! Which usage events are believable: bounds on their id, their quantity and their time.

use shared::Timestamp;
use std::time::Duration;

/// The most one event may count. A sender with more sends more events.
pub const MAX_QUANTITY: i64 = 1_000_000_000;

/// How far a sender's clock may run ahead of ours.
pub const MAX_AHEAD: Duration = Duration::from_secs(5 * 60);

/// How late an event may be told: a month and a few days, after which its period counts as closed.
pub const MAX_AGE: Duration = Duration::from_secs(35 * 24 * 60 * 60);

/// Checks a sender's event id: 1 to 128 visible ASCII characters.
pub fn check_event_id(id: &str) -> Result<(), &'static str> {
    let visible = id.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && (1..=128).contains(&id.len()) {
        Ok(())
    } else {
        Err("is not 1 to 128 visible ASCII characters")
    }
}

/// Checks how much an event counts, in units of its meter.
pub fn check_quantity(quantity: i64) -> Result<(), &'static str> {
    if (1..=MAX_QUANTITY).contains(&quantity) {
        Ok(())
    } else {
        Err("is not between 1 and 1000000000")
    }
}

/// Checks when an event is said to have happened.
pub fn check_time(at: Timestamp, now: Timestamp) -> Result<(), &'static str> {
    let ahead = at.as_millis().saturating_sub(now.as_millis());
    if ahead > millis(MAX_AHEAD) {
        Err("is more than 5 minutes in the future")
    } else if ahead < -millis(MAX_AGE) {
        Err("is more than 35 days ago")
    } else {
        Ok(())
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn time_is_accepted(offset: i64) -> bool {
        check_time(
            Timestamp::from_millis(NOW + offset),
            Timestamp::from_millis(NOW),
        )
        .is_ok()
    }

    #[test]
    fn a_clock_may_run_five_minutes_ahead_and_no_more() {
        assert!(time_is_accepted(300_000));
        assert!(!time_is_accepted(300_001));
    }

    #[test]
    fn an_event_may_be_told_35_days_late_and_no_more() {
        assert!(time_is_accepted(-35 * 86_400_000));
        assert!(!time_is_accepted(-35 * 86_400_000 - 1));
    }

    #[test]
    fn times_at_the_ends_of_the_range_are_refused_and_do_not_overflow() {
        for extreme in [i64::MIN, i64::MAX] {
            assert!(
                check_time(Timestamp::from_millis(extreme), Timestamp::from_millis(NOW)).is_err()
            );
        }
    }

    #[test]
    fn a_quantity_is_positive_and_bounded() {
        assert!(check_quantity(1).is_ok() && check_quantity(MAX_QUANTITY).is_ok());
        for refused in [0, -1, i64::MIN, MAX_QUANTITY + 1, i64::MAX] {
            assert!(check_quantity(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn an_event_id_is_short_and_visible() {
        assert!(check_event_id("evt-1").is_ok() && check_event_id(&"x".repeat(128)).is_ok());
        for refused in ["", "a b", "tab\t", "nul\0", "é", &"x".repeat(129)] {
            assert!(check_event_id(refused).is_err(), "{refused:?}");
        }
    }
}
