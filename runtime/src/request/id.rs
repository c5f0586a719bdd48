//! The request id: kept from the caller when it is harmless, made otherwise.

use http::{HeaderMap, HeaderName};
use uuid::Uuid;

/// The header that carries it, in and out.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A new id: a UUIDv7, so that ids sort by time.
pub fn new() -> String {
    Uuid::now_v7().to_string()
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
