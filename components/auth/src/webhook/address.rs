//! Where webhooks may be sent: to others, in secret. Which of them can be reached at all, the manifest says.

use http::Uri;
use http::uri::Scheme;
use shared::FieldError;

const LIMIT: usize = 2048;

/// The domain under which the components of an application reach each other, and the name by which it
/// reaches itself: nobody outside may have requests sent there.
const INTERNAL: [&str; 3] = ["spin.internal", "self.alt", "self"];

/// The address, if webhooks may be sent to it. What is checked here is what is sent to later, read by
/// the same parser.
pub fn check(url: &str) -> Result<Uri, FieldError> {
    let refuse = |message: &str| FieldError::new("url", message);
    if url.len() > LIMIT {
        return Err(refuse("must not be longer than 2048 bytes"));
    }
    let not_one = || refuse("is not an https address");
    let uri: Uri = url.parse().map_err(|_| not_one())?;
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err(not_one());
    };
    if authority.as_str().contains('@') {
        return Err(refuse("must not hold a user or a password"));
    }
    let host = authority.host().to_ascii_lowercase();
    if !is_host(&host) {
        return Err(not_one());
    }
    if is_internal(&host) {
        return Err(refuse("must not lead back into the application"));
    }
    if *scheme == Scheme::HTTPS || (*scheme == Scheme::HTTP && is_this_machine(&host)) {
        Ok(uri)
    } else {
        Err(refuse(
            "must be an https address; http is for localhost alone",
        ))
    }
}

/// Letters, digits, dots and hyphens, or an IPv6 address in brackets: nothing that another reader may
/// take for another host.
fn is_host(host: &str) -> bool {
    match host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        }
    }
}

fn is_internal(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    INTERNAL.iter().any(|name| {
        host.strip_suffix(name)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

fn is_this_machine(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_go_to_https_and_to_this_machine() {
        for url in [
            "https://example.com/hooks?token=1",
            "https://EXAMPLE.com:8443",
            "https://192.0.2.1/",
            "https://[2001:db8::1]:443/x",
            "http://localhost:8080/hook",
            "http://127.0.0.1:1/",
            "http://[::1]:1/",
        ] {
            assert!(check(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn they_go_nowhere_else() {
        for url in [
            "",
            "/hook",
            "example.com",
            "//example.com",
            "http://example.com/",
            "http://127.1/",
            "http://0x7f.0.0.1/",
            "http://2130706433/",
            "http://localhost.example.com/",
            "http://localhost./",
            "ftp://example.com/",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://user@example.com/",
            "https://user:secret@example.com/",
            "https://localhost@example.com/",
            "https://users.spin.internal/",
            "http://users.spin.internal/",
            "https://USERS.Spin.Internal:443/",
            "https://users.spin.internal./",
            "https://spin.internal/",
            "https://self.alt/",
            "https://self/",
            "https://ex%61mple.com/",
            "https://exa mple.com/",
            "https://example.com\r\nx: y",
            "https://exämple.com/",
            "https://[::1",
            &format!("https://example.com/{}", "x".repeat(LIMIT)),
        ] {
            assert!(check(url).is_err(), "{url}");
        }
    }
}
