//! A clock for tests, which components see instead of the system's: a year passes when a test says so.
//!
//! It is the time of day that `wasi:clocks` tells (`wall-clock` in 0.2, `system-clock` in 0.3). Everything else stays
//! on real time: `monotonic-clock`, so that time-outs of components still end; deadlines and limits of the runtime;
//! its own logs and request ids.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};
use wasmtime_wasi::HostWallClock;

/// A clock that can be set. It runs on from there. Clones are the same clock.
#[derive(Clone, Default)]
pub struct TestClock(Arc<AtomicI64>);

/// Why a clock cannot be set so.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// A component that counts in nanoseconds since 1970, as WASI does, must be able to say it.
    #[error("the time must be after 1970 and before 2200")]
    Outside,
    /// Time that was seen is not taken back: a component may have written it down.
    #[error("the time is already {0}; it only goes forward")]
    Past(Timestamp),
}

impl TestClock {
    /// The time it shows.
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.0.load(Ordering::Relaxed));
        // Cannot fail within a thousand years of the bounds below.
        Timestamp::now()
            .checked_add(ahead)
            .unwrap_or(Timestamp::MAX)
    }

    /// Makes it show `time`.
    pub fn set(&self, time: Timestamp) -> Result<(), Unreachable> {
        const LAST: i64 = 7_258_118_400;
        if !(0..LAST).contains(&time.as_second()) {
            return Err(Unreachable::Outside);
        }
        // Rounded up: the time that was asked for has come.
        let ahead = time.duration_since(Timestamp::now()).as_millis() + 1;
        let ahead = i64::try_from(ahead).map_err(|_| Unreachable::Outside)?;
        if self.0.fetch_max(ahead, Ordering::Relaxed) > ahead {
            return Err(Unreachable::Past(self.now()));
        }
        Ok(())
    }

    /// Moves it forward by `span`, in calendar units of UTC too.
    pub fn advance_by(&self, span: Span) -> Result<(), Unreachable> {
        let later = self.now().to_zoned(TimeZone::UTC).checked_add(span);
        self.set(later.map_err(|_| Unreachable::Outside)?.timestamp())
    }

    /// Moves it forward.
    pub fn advance(&self, duration: Duration) -> Result<(), Unreachable> {
        let duration = SignedDuration::try_from(duration).map_err(|_| Unreachable::Outside)?;
        let later = self.now().checked_add(duration);
        self.set(later.map_err(|_| Unreachable::Outside)?)
    }
}

impl HostWallClock for TestClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        let now = TestClock::now(self).as_duration();
        now.try_into().unwrap_or(Duration::ZERO)
    }
}

impl fmt::Debug for TestClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestClock({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;

    use super::*;

    #[test]
    fn it_goes_forward_only_and_runs_on() {
        let clock = TestClock::default();
        let later: Timestamp = "2100-01-31T00:00:00Z".parse().unwrap();
        clock.set(later).unwrap();
        assert!(clock.now() >= later);
        assert!(matches!(
            clock.set(later - 1.hour()),
            Err(Unreachable::Past(_))
        ));
        clock.advance_by(1.month()).unwrap();
        assert!(clock.now().to_string().starts_with("2100-02-28T00:"));
        clock.advance(Duration::from_secs(24 * 60 * 60)).unwrap();
        assert!(clock.now().to_string().starts_with("2100-03-01T00:"));
    }

    #[test]
    fn it_stays_where_components_can_follow() {
        let clock = TestClock::default();
        for time in [Timestamp::MIN, Timestamp::MAX] {
            assert!(matches!(clock.set(time), Err(Unreachable::Outside)));
        }
        assert!(clock.advance(Duration::MAX).is_err());
        assert!(clock.advance_by(1000.years()).is_err());
    }
}
