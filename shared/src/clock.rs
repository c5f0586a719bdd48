//! Instants. Rules take `now` as a parameter; only handlers ask the clock.

use std::{fmt, str::FromStr, time::Duration};

use jiff::{Span, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::storage::{ToValue, Value};

/// The present instant, from the host's clock.
pub fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// An instant, in whole milliseconds of UTC, in the years that RFC 3339 can write: 1 to 9999.
///
/// RFC 3339 in JSON (`2026-01-31T09:30:00.000Z`), an integer of milliseconds in SQL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first instant there is: 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800_000);
    /// The last instant there is: 9999-12-30T22:00:00Z, where jiff ends.
    pub const MAX: Self = Self(253_402_207_200_000);

    /// The instant `millis` milliseconds after 1970, or the nearest there is.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Seconds since 1970, rounded down: what a token's claims are made of.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The instant this much later, in whole milliseconds.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(millis(duration)))
    }

    /// The instant this much earlier, in whole milliseconds.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(millis(duration)))
    }

    /// The same day and time of day `months` calendar months later in UTC, or that month's last day
    /// where it is shorter. Not additive: a series of periods is counted from its anchor, since
    /// 31 January + 1 month + 1 month is 28 March, and 31 January + 2 months is 31 March.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        let limit = if months < 0 { Self::MIN } else { Self::MAX };
        Span::new()
            .try_months(months)
            .and_then(|span| self.to_jiff().to_zoned(TimeZone::UTC).checked_add(span))
            .map_or(limit, |zoned| {
                Self::from_millis(zoned.timestamp().as_millisecond())
            })
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    fn to_jiff(self) -> jiff::Timestamp {
        // Cannot fail: the type holds only what jiff can.
        jiff::Timestamp::from_millisecond(self.0).unwrap_or_default()
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.to_jiff())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is not an instant. Reads well after a field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a time of the form 2026-01-31T09:30:00Z (RFC 3339)")]
pub struct InvalidTimestamp;

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| InvalidTimestamp)?;
        Ok(Self::from_millis(timestamp.as_millisecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

/// A row's integer or a request's text, never the other way round: rows are the one format here that
/// is not human-readable.
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?
                .parse()
                .map_err(D::Error::custom)
        } else {
            i64::deserialize(deserializer).map(Self::from_millis)
        }
    }
}

impl ToValue for Timestamp {
    fn to_value(&self) -> Value {
        Value::Integer(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn json_is_rfc_3339_in_utc_with_milliseconds() {
        let instant = Timestamp::from_millis(1_700_000_000_120);
        assert_eq!(
            serde_json::to_value(instant).unwrap(),
            "2023-11-14T22:13:20.120Z"
        );
        assert_eq!(at("2023-11-15T00:13:20.12+02:00"), instant);
        assert!(serde_json::from_str::<Timestamp>("1700000000120").is_err());
        for text in [
            "",
            "yesterday",
            "2023-11-14",
            "2023-11-14T22:13:20",
            "2023-02-30T00:00:00Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(InvalidTimestamp), "{text}");
        }
    }

    #[test]
    fn a_month_later_is_the_same_day_or_the_months_last() {
        assert_eq!(
            at("2026-01-31T10:00:00Z").plus_months(1),
            at("2026-02-28T10:00:00Z")
        );
        assert_eq!(
            at("2026-01-31T10:00:00Z").plus_months(2),
            at("2026-03-31T10:00:00Z")
        );
        assert_eq!(
            at("2024-01-31T10:00:00Z").plus_months(1),
            at("2024-02-29T10:00:00Z")
        );
        assert_eq!(
            at("2026-12-15T10:00:00Z").plus_months(12),
            at("2027-12-15T10:00:00Z")
        );
        assert_eq!(
            at("2026-03-31T10:00:00Z").plus_months(-1),
            at("2026-02-28T10:00:00Z")
        );
    }

    #[test]
    fn arithmetic_ends_at_the_ends_of_time() {
        assert_eq!(Timestamp::from_millis(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.plus(Duration::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.minus(Duration::MAX), Timestamp::MIN);
        assert_eq!(Timestamp::MAX.plus_months(i32::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.plus_months(i32::MIN), Timestamp::MIN);
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-30T22:00:00.000Z");
        assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00.000Z");
        assert_eq!(at("-000001-01-01T00:00:00Z"), Timestamp::MIN);
    }

    #[test]
    fn since_is_zero_for_the_future() {
        let now = at("2026-01-01T00:00:00Z");
        let later = now.plus(Duration::from_millis(1500));
        assert_eq!(later.since(now), Duration::from_millis(1500));
        assert_eq!(now.since(later), Duration::ZERO);
    }
}
