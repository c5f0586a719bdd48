//! How many requests a key may make in a minute, which begins with the first of them. So twice as many may come
//! around the end of one; the sum of many minutes is what was allowed.

use std::time::Duration;

use shared::Timestamp;

const WINDOW: Duration = Duration::from_secs(60);

/// How much earlier than one that was judged before it a request may have come: it waited for a lock.
const OVERTAKEN: Duration = Duration::from_secs(30);

/// A minute, and the requests that came in it so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub used: u32,
    pub ends_at: Timestamp,
}

/// What comes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Whether it may go on.
    pub admitted: bool,
    /// How many more may, until the window ends.
    pub remaining: u32,
    /// With all requests that went on.
    pub window: Window,
}

impl Window {
    /// This one while it goes on, and then a new one.
    fn at(self, now: Timestamp) -> Self {
        let next = now.plus(WINDOW);
        // One that ends later than it could was made by a clock that was ahead.
        if now < self.ends_at && self.ends_at <= next.plus(OVERTAKEN) {
            return self;
        }
        Self {
            used: 0,
            ends_at: next,
        }
    }

    /// A request that asks, after `before` others that went on without asking. One that is refused is not counted:
    /// a program that does not wait is let in again when everybody would be.
    pub fn ask(self, limit: u32, before: u32, now: Timestamp) -> Allowance {
        let window = self.at(now);
        let used = window.used.saturating_add(before);
        let admitted = used < limit;
        let used = used.saturating_add(u32::from(admitted));
        Allowance {
            admitted,
            remaining: limit.saturating_sub(used),
            window: Self { used, ..window },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: Window = Window {
        used: 0,
        ends_at: Timestamp::MIN,
    };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn so_many_go_on_in_a_minute_and_no_more() {
        let mut window = NEVER;
        for remaining in [2, 1, 0] {
            let allowance = window.ask(3, 0, at(1));
            assert!(allowance.admitted);
            assert_eq!(allowance.remaining, remaining);
            window = allowance.window;
        }
        for _ in 0..10 {
            let refused = window.ask(3, 0, at(60_000));
            assert!(!refused.admitted);
            assert_eq!(refused.window, window);
        }
        let next = window.ask(3, 0, at(60_001));
        assert!(next.admitted);
        assert_eq!(next.window.ends_at, at(120_001));
    }

    #[test]
    fn those_that_did_not_ask_count_too() {
        let allowance = NEVER.ask(10, 4, at(0));
        assert!(allowance.admitted);
        assert_eq!(allowance.remaining, 5);
        let refused = allowance.window.ask(10, 20, at(0));
        assert!(!refused.admitted);
        assert_eq!((refused.remaining, refused.window.used), (0, 25));
        assert!(!refused.window.ask(10, u32::MAX, at(0)).admitted);
    }

    #[test]
    fn a_request_that_was_overtaken_opens_no_minute_of_its_own() {
        let window = NEVER.ask(1, 0, at(1_001)).window;
        assert!(!window.ask(1, 0, at(1_000)).admitted);
    }

    #[test]
    fn a_clock_that_is_put_back_lets_nobody_wait_longer_than_a_minute() {
        let window = NEVER.ask(1, 0, at(1_000_000)).window;
        assert!(window.ask(1, 0, at(0)).admitted);
    }
}
