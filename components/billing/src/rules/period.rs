//! Billing periods: calendar months counted from the moment a subscription started.
//!
//! Every boundary is computed from that anchor, never from the boundary before, so that a subscription started on
//! 31 January renews on 28 February and then on 31 March: a short month does not move the day for good.

use serde::Serialize;
use shared::Timestamp;

/// A half-open span of time: `start` belongs to it, `end` to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Period {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// A period is never longer than this, so dividing by it never counts too many.
const LONGEST_MONTH_MILLIS: i64 = 31 * 24 * 60 * 60 * 1000;

/// The number, from 0, of the period of a subscription started at `anchor` that contains `now`. A `now` before the
/// anchor (the host's clock was set back) counts as the first.
pub fn index(anchor: Timestamp, now: Timestamp) -> i32 {
    let elapsed = now.as_millis().saturating_sub(anchor.as_millis()).max(0);
    let mut index = i32::try_from(elapsed / LONGEST_MONTH_MILLIS).unwrap_or(0);
    while anchor.plus_months(index + 1) <= now {
        index += 1;
    }
    index
}

/// The period number `index`, from 0, of a subscription started at `anchor`.
pub fn nth(anchor: Timestamp, index: i32) -> Period {
    Period {
        start: anchor.plus_months(index),
        end: anchor.plus_months(index + 1),
    }
}

/// The period of a subscription started at `anchor` that contains `now`.
pub fn current(anchor: Timestamp, now: Timestamp) -> Period {
    nth(anchor, index(anchor, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a valid time")
    }

    fn period(start: &str, end: &str) -> Period {
        Period {
            start: at(start),
            end: at(end),
        }
    }

    #[test]
    fn the_first_period_starts_with_the_subscription() {
        let anchor = at("2026-03-10T09:30:00.125Z");
        assert_eq!(
            current(anchor, anchor),
            period("2026-03-10T09:30:00.125Z", "2026-04-10T09:30:00.125Z")
        );
    }

    #[test]
    fn the_last_millisecond_belongs_to_the_period_and_the_next_to_the_next() {
        let anchor = at("2026-03-10T00:00:00Z");
        let end = at("2026-04-10T00:00:00Z");
        assert_eq!(
            index(anchor, Timestamp::from_millis(end.as_millis() - 1)),
            0
        );
        assert_eq!(index(anchor, end), 1);
    }

    #[test]
    fn a_short_month_clamps_the_day_once_and_not_for_good() {
        let anchor = at("2026-01-31T12:00:00Z");
        assert_eq!(
            nth(anchor, 0),
            period("2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z")
        );
        assert_eq!(
            nth(anchor, 1),
            period("2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z")
        );
        assert_eq!(
            nth(anchor, 2),
            period("2026-03-31T12:00:00Z", "2026-04-30T12:00:00Z")
        );
    }

    #[test]
    fn february_of_a_leap_year_has_its_29th() {
        assert_eq!(
            nth(at("2028-01-30T00:00:00Z"), 0).end,
            at("2028-02-29T00:00:00Z")
        );
        assert_eq!(
            nth(at("2028-02-29T00:00:00Z"), 11).end,
            at("2029-02-28T00:00:00Z")
        );
        assert_eq!(
            nth(at("2028-02-29T00:00:00Z"), 47).end,
            at("2032-02-29T00:00:00Z")
        );
    }

    #[test]
    fn a_clock_set_back_before_the_start_is_in_the_first_period() {
        let anchor = at("2026-03-10T00:00:00Z");
        assert_eq!(index(anchor, at("2020-01-01T00:00:00Z")), 0);
    }

    #[test]
    fn periods_follow_each_other_without_gap_or_overlap_for_a_century() {
        for day in ["01", "28", "29", "30", "31"] {
            let anchor = at(&format!("2024-01-{day}T23:59:59.999Z"));
            for n in 0..1200 {
                let this = nth(anchor, n);
                assert!(this.start < this.end);
                assert_eq!(this.end, nth(anchor, n + 1).start);
                assert_eq!(index(anchor, this.start), n);
                assert_eq!(
                    index(anchor, Timestamp::from_millis(this.end.as_millis() - 1)),
                    n
                );
            }
        }
    }
}
