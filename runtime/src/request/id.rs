//! The request id: kept from the caller when it is harmless, made otherwise.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName};
use uuid::Builder;

/// The header that carries it, in and out.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A new id: a UUIDv7 (RFC 9562, 5.7), so that ids sort by time. They only have to differ, and nothing is granted to who
/// guesses one: random numbers that cost no call of the system will do.
pub fn new() -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    at(since_epoch.unwrap_or_default(), fastrand::u128(..))
}

/// The id of that time. Parts of a millisecond come first after it (RFC 9562, 6.2, method 3): requests are faster.
fn at(since_epoch: Duration, random: u128) -> String {
    let fraction = since_epoch.subsec_nanos() % 1_000_000 * 4096 / 1_000_000;
    let [a, b] = (fraction as u16).to_be_bytes();
    let [.., c, d, e, f, g, h, i, j] = random.to_be_bytes();
    let millis = since_epoch.as_millis() as u64;
    let builder = Builder::from_unix_timestamp_millis(millis, &[a, b, c, d, e, f, g, h, i, j]);
    builder.into_uuid().to_string()
}

/// The id of a request: its own if it has exactly one of 1 to 64 characters of `[A-Za-z0-9._-]`, else a new one.
pub fn of(headers: &HeaderMap) -> String {
    let mut values = headers.get_all(HEADER).iter();
    match (
        values.next().and_then(|value| value.to_str().ok()),
        values.next(),
    ) {
        (Some(id), None) if is_valid(id) => id.to_owned(),
        _ => new(),
    }
}

fn is_valid(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn given(id: &'static str) -> String {
        of(&HeaderMap::from_iter([(
            HEADER,
            HeaderValue::from_static(id),
        )]))
    }

    #[test]
    fn a_harmless_id_is_kept() {
        assert_eq!(given("order-42_a.B"), "order-42_a.B");
    }

    #[test]
    fn new_ids_are_valid_and_differ() {
        let (one, other) = (new(), new());
        assert!(is_valid(&one) && one.as_bytes()[14] == b'7', "{one}");
        assert_ne!(one, other);
    }

    #[test]
    fn ids_sort_by_time_within_a_millisecond_too() {
        let time = |micros: u64| Duration::from_micros(1_795_400_000_123_000 + micros);
        for micros in 0..2_000 {
            assert!(at(time(micros), u128::MAX) < at(time(micros + 1), 0));
        }
    }

    #[test]
    fn an_id_that_could_forge_a_log_line_or_fill_it_is_replaced() {
        for id in ["", "a b", "a\"b", "%0a", &"x".repeat(65)] {
            assert!(!is_valid(id), "{id}");
        }
        assert_ne!(given("a b"), "a b");
        let mut two = HeaderMap::new();
        two.append(HEADER, HeaderValue::from_static("one"));
        two.append(HEADER, HeaderValue::from_static("two"));
        assert!(!["one", "two"].contains(&of(&two).as_str()));
    }
}
