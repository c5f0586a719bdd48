//! When a key signs, and when it is published: rules over the times from which the keys there are sign.
//!
//! A key is published a while before it signs, so that whoever keeps keys knows it by then, and until the last token
//! it signed has ended.

use std::time::Duration;

use shared::Timestamp;

/// How long before it signs a key is published: twice as long as those who ask for keys may keep the answer.
pub const NOTICE: Duration = Duration::from_secs(10 * 60);

/// How long after its last signature a key is published: longer than any access token lives.
const OVERLAP: Duration = Duration::from_secs(65 * 60);

/// What to do with keys that sign from these times on, in order.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which one signs now.
    pub signs: Option<usize>,
    /// How many of the oldest nobody needs any more.
    pub obsolete: usize,
    /// From when on a new one should sign, if there should be one.
    pub successor: Option<Timestamp>,
}

impl Plan {
    /// At `now`. `period` is how long a key signs, `None` for as long as nobody says otherwise; `is_fit` whether the
    /// newest one has the algorithm that is asked for.
    pub fn new(
        turns: &[Timestamp],
        period: Option<Duration>,
        is_fit: bool,
        now: Timestamp,
    ) -> Self {
        let signs = turns.iter().rposition(|&from| from <= now);
        // A key's turn ends when that of the next begins.
        let is_over = |next: &&Timestamp| next.plus(OVERLAP) <= now;
        let obsolete = turns.iter().skip(1).take_while(is_over).count();
        let successor = match turns.last() {
            None => Some(now),
            // The next one waits already.
            Some(&newest) if newest > now => None,
            Some(&newest) => {
                let is_old = period.is_some_and(|period| newest.plus(period) <= now.plus(NOTICE));
                (is_old || !is_fit).then(|| now.plus(NOTICE))
            }
        };
        Self {
            signs,
            obsolete,
            successor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const PERIOD: Option<Duration> = Some(Duration::from_secs(90 * 24 * 60 * 60));

    fn begin() -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
    }

    fn plan(turns: &[Timestamp], now: Timestamp) -> Plan {
        Plan::new(turns, PERIOD, true, now)
    }

    #[test]
    fn the_first_key_signs_at_once() {
        let plan = plan(&[], begin());
        assert_eq!((plan.signs, plan.successor), (None, Some(begin())));
    }

    #[test]
    fn a_key_is_followed_by_the_next_when_its_period_is_over() {
        let turns = [begin()];
        let end = begin().plus(90 * DAY);
        let before = plan(&turns, end.minus(NOTICE).minus(Duration::from_millis(1)));
        assert_eq!((before.signs, before.successor), (Some(0), None));
        let due = plan(&turns, end.minus(NOTICE));
        assert_eq!((due.signs, due.successor), (Some(0), Some(end)));
        // And where nobody signed for a year the next one is announced all the same.
        let late = plan(&turns, begin().plus(365 * DAY));
        assert_eq!(late.signs, Some(0));
        assert_eq!(late.successor, Some(begin().plus(365 * DAY).plus(NOTICE)));
    }

    #[test]
    fn a_key_that_is_published_does_not_sign_before_its_turn() {
        let turns = [begin(), begin().plus(NOTICE)];
        assert_eq!(plan(&turns, begin()).signs, Some(0));
        assert_eq!(plan(&turns, begin()).successor, None);
        assert_eq!(plan(&turns, begin().plus(NOTICE)).signs, Some(1));
    }

    #[test]
    fn a_key_is_published_until_its_last_token_has_ended() {
        let second = begin().plus(NOTICE);
        let turns = [begin(), second];
        let before = second.plus(OVERLAP).minus(Duration::from_millis(1));
        assert_eq!(plan(&turns, before).obsolete, 0);
        assert_eq!(plan(&turns, second.plus(OVERLAP)).obsolete, 1);
    }

    #[test]
    fn another_algorithm_asks_for_another_key_once() {
        let turns = [begin()];
        let now = begin().plus(DAY);
        let other = Plan::new(&turns, PERIOD, false, now);
        assert_eq!(other.successor, Some(now.plus(NOTICE)));
        let waiting = [begin(), now.plus(NOTICE)];
        assert_eq!(Plan::new(&waiting, PERIOD, true, now).successor, None);
    }

    #[test]
    fn without_a_period_a_key_signs_for_ever() {
        let now = begin().plus(3650 * DAY);
        assert_eq!(Plan::new(&[begin()], None, true, now).successor, None);
    }
}
