//! The token in a request's `Authorization` header, RFC 6750 section 2.1.

use relay::Entries;

use crate::refusal::Refusal;

const AUTHORIZATION: &str = "authorization";

/// Longer than any token of ours by far; a limit on what one request may make us decode.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Whether the request has credentials at all.
pub fn is_there(headers: &Entries) -> bool {
    headers.all(AUTHORIZATION).next().is_some()
}

/// The bearer token, if the request has one. Another scheme is not ours to judge, so none.
pub fn token(headers: &Entries) -> Result<Option<&str>, Refusal> {
    let mut values = headers.all(AUTHORIZATION);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        // Whoever reads another one than we do would see another caller.
        return Err(Refusal::MalformedToken);
    }
    parse(value)
}

fn parse(value: &[u8]) -> Result<Option<&str>, Refusal> {
    let value = value.trim_ascii();
    let scheme_end = value.iter().position(u8::is_ascii_whitespace);
    let (scheme, credentials) = value.split_at(scheme_end.unwrap_or(value.len()));
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Ok(None);
    }
    let token = credentials.trim_ascii_start();
    if token.is_empty() || token.len() > MAX_TOKEN_BYTES || !token.iter().all(is_token_byte) {
        return Err(Refusal::MalformedToken);
    }
    std::str::from_utf8(token)
        .map(Some)
        .map_err(|_| Refusal::MalformedToken)
}

/// The alphabet of a JWT in its compact form: base64url and the dots between its parts.
fn is_token_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_found_whatever_the_case_of_the_scheme() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c "] {
            assert_eq!(parse(value.as_bytes()), Ok(Some("a.b.c")), "{value}");
        }
    }

    #[test]
    fn another_scheme_is_no_token() {
        for value in ["", "Basic dXNlcjpwYXNz", "Bearerish a.b.c"] {
            assert_eq!(parse(value.as_bytes()), Ok(None), "{value}");
        }
    }

    #[test]
    fn what_cannot_be_a_token_is_refused() {
        for value in [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer a,b",
            "Bearer a\u{e9}",
            "Bearer a=",
        ] {
            assert_eq!(
                parse(value.as_bytes()),
                Err(Refusal::MalformedToken),
                "{value}"
            );
        }
    }

    #[test]
    fn a_token_may_be_8_kib_long_and_no_longer() {
        let longest = format!("Bearer {}", "a".repeat(MAX_TOKEN_BYTES));
        assert!(parse(longest.as_bytes()).is_ok());
        assert_eq!(
            parse(format!("{longest}a").as_bytes()),
            Err(Refusal::MalformedToken)
        );
    }
}
