//! What a key must be allowed for a request to go on: to read, or to change, what lies under the request's path.

/// The scope that a request needs: `billing:write` for a POST to `/v1/billing/usage`. None where no scope reaches.
pub fn needed(path_with_query: &str, changes: bool) -> Option<String> {
    let path = path_with_query.split('?').next().unwrap_or_default();
    let mut segments = path.strip_prefix('/')?.split('/');
    let first = segments.next()?;
    let area = if is_version(first) {
        segments.next()?
    } else {
        first
    };
    let access = if changes { "write" } else { "read" };
    is_area(area).then(|| format!("{area}:{access}"))
}

/// `v1`, and so on.
fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_area(segment: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !segment.is_empty() && segment.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_the_area_of_the_path_and_what_is_done_there() {
        for (path, changes, expected) in [
            ("/v1/billing/usage", true, "billing:write"),
            ("/v1/billing/usage?a=/v1/users", false, "billing:read"),
            ("/v2/users", false, "users:read"),
            ("/guestbook/entries", true, "guestbook:write"),
            ("/vat", false, "vat:read"),
        ] {
            assert_eq!(needed(path, changes).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_path_that_could_be_read_in_two_ways_is_in_no_scope() {
        for path in [
            "",
            "/",
            "/v1",
            "/v1/",
            "//billing",
            "/v1//billing",
            "/v1/./billing",
            "/v1/../users",
            "/v1/Billing",
            "/v1/%62illing",
            "/.well-known/jwks.json",
            "/v1/a:b",
            "billing",
        ] {
            assert_eq!(needed(path, false), None, "{path}");
        }
    }
}
