//! The id that ties a request's log line, answer and problem together.

use uuid::Builder;

const MAX_LENGTH: usize = 64;

/// Whether an id that a request came with may be repeated in logs and headers as it is.
pub fn is_valid(id: &str) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// A fresh id, a UUIDv7: sortable by `time_ms`, milliseconds since the Unix epoch.
pub fn new(time_ms: u64, random: u128) -> String {
    let [.., a, b, c, d, e, f, g, h, i, j] = random.to_be_bytes();
    Builder::from_unix_timestamp_millis(time_ms, &[a, b, c, d, e, f, g, h, i, j])
        .into_uuid()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ids_are_kept() {
        for id in ["a", "req_1.2-3", &"x".repeat(64)] {
            assert!(is_valid(id), "{id}");
        }
    }

    #[test]
    fn ids_that_could_harm_a_log_are_not_kept() {
        for id in ["", "a b", "a\nb", "\"", "é", "a/b", &"x".repeat(65)] {
            assert!(!is_valid(id), "{id}");
        }
    }

    #[test]
    fn a_new_id_is_a_valid_uuid_v7_that_sorts_by_time() {
        let earlier = new(1_700_000_000_000, u128::MAX);
        let later = new(1_700_000_000_001, 0);
        assert!(is_valid(&earlier));
        assert!(earlier < later);
        assert_eq!(earlier.as_bytes()[14], b'7');
    }
}
