//! Whether a request that a browser sent along with cookies comes from a page of ours: without it any page could have
//! things changed in the name of whoever looks at it.

use relay::Entries;

/// Whether it comes from a page of the host that is asked, or from one of the `allowed` origins. Browsers say so in
/// headers that no script can set; what says nothing is no browser of ours.
pub fn is_ours(headers: &Entries, host: Option<&str>, allowed: &[String]) -> bool {
    let origin = headers.only("origin");
    if origin.is_some_and(|origin| allowed.iter().any(|allowed| allowed == origin)) {
        return true;
    }
    match headers.only("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => origin
            .zip(host)
            .is_some_and(|(origin, host)| is_of(origin, host)),
    }
}

/// Whether this is the origin of that host. Over plain HTTP only on one's own machine: anywhere else who reads the wire
/// could write pages.
fn is_of(origin: &str, host: &str) -> bool {
    match origin.split_once("://") {
        Some(("https", authority)) => authority.eq_ignore_ascii_case(host),
        Some(("http", authority)) => authority.eq_ignore_ascii_case(host) && is_loopback(host),
        _ => false,
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ours_to(host: &str, headers: &[(&str, &str)]) -> bool {
        let allowed = ["https://app.example.com".to_owned()];
        is_ours(&Entries::from(headers), Some(host), &allowed)
    }

    #[test]
    fn a_page_of_the_same_origin_is_ours() {
        for (host, headers) in [
            ("api.example.com", [("sec-fetch-site", "same-origin")]),
            ("api.example.com", [("origin", "https://api.example.com")]),
            ("localhost:3000", [("origin", "http://localhost:3000")]),
            ("[::1]:3000", [("origin", "http://[::1]:3000")]),
            ("api.example.com", [("origin", "https://app.example.com")]),
        ] {
            assert!(is_ours_to(host, &headers), "{host} {headers:?}");
        }
        let both = [
            ("origin", "https://app.example.com"),
            ("sec-fetch-site", "same-site"),
        ];
        assert!(is_ours_to("api.example.com", &both));
    }

    #[test]
    fn any_other_page_is_not() {
        for headers in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
            &[("origin", "http://api.example.com")],
            &[("origin", "https://api.example.com:8443")],
            &[("origin", "https://api.example.com.evil.example")],
            &[("origin", "https://app.example.com/")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "none")],
            &[
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://api.example.com"),
            ],
        ] {
            assert!(!is_ours_to("api.example.com", headers), "{headers:?}");
        }
    }
}
