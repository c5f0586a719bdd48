//! What entries allow, and the tricks that do not get past them.

use http::Uri;

use super::*;

fn allowed(entries: &[&str]) -> AllowedHosts {
    AllowedHosts::parse(entries).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether a request to `uri` may be sent, asked as the runtime asks.
fn allows(allowed: &AllowedHosts, uri: &str) -> bool {
    let uri: Uri = uri.parse().expect(uri);
    let scheme = uri.scheme_str().expect("a scheme");
    let port = uri
        .port_u16()
        .or_else(|| default_port(scheme))
        .expect("a port");
    allowed
        .allows(scheme, uri.host().expect("a host"), port)
        .is_some()
}

fn assert_decisions(entry: &str, yes: &[&str], no: &[&str]) {
    let allowed = allowed(&[entry]);
    for uri in yes {
        assert!(allows(&allowed, uri), "{entry} should allow {uri}");
    }
    for uri in no {
        assert!(!allows(&allowed, uri), "{entry} should not allow {uri}");
    }
}

#[test]
fn without_entries_nothing_is_allowed() {
    let none = allowed(&[]);
    assert!(!allows(&none, "http://localhost/"));
    assert!(!allows(&none, "http://self.alt/"));
    assert!(!allows(&none, "http://auth.spin.internal/"));
    assert!(!allows(
        &allowed(&["", "http://", "https://"]),
        "https://example.com/"
    ));
}

#[test]
fn scheme_and_port_must_fit() {
    assert_decisions(
        "https://example.com",
        &[
            "https://example.com/",
            "https://example.com:443/a?b",
            "https://EXAMPLE.com/",
        ],
        &[
            "http://example.com/",
            "https://example.com:8443/",
            "http://example.com:443/",
            "https://example.org/",
        ],
    );
    assert_decisions(
        "http://example.com:8080/",
        &["http://example.com:8080/"],
        &["http://example.com/"],
    );
    assert_decisions(
        "http://example.com:8000..8002",
        &["http://example.com:8000/", "http://example.com:8001/"],
        &["http://example.com:8002/", "http://example.com:7999/"],
    );
    assert_decisions(
        "*://example.com:*",
        &["http://example.com/", "https://example.com:1/"],
        &["http://example.org/"],
    );
    assert_decisions("HTTPS://Example.COM", &["https://example.com/"], &[]);
    assert_decisions(
        "http://*",
        &["http://a.b/", "http://10.0.0.1/", "http://[::1]/"],
        &["https://a.b/"],
    );
}

#[test]
fn a_wildcard_allows_every_host_below_but_not_the_domain() {
    assert_decisions(
        "https://*.Example.com",
        &[
            "https://a.example.com/",
            "https://a.b.example.com/",
            "https://A.EXAMPLE.COM/",
        ],
        &[
            "https://example.com/",
            "https://myexample.com/",
            "https://a.example.com.evil.org/",
            "https://a.example.com./",
        ],
    );
}

#[test]
fn what_is_named_is_told_from_what_only_a_wildcard_allows() {
    let allowed = allowed(&[
        "*://*:*",
        "http://*.example.com",
        "http://db.internal",
        "http://localhost:*",
        "http://10.0.0.0/8",
        "http://[::1]",
        "http://127.0.0.1:8080",
    ]);
    for (host, port, expected) in [
        ("elsewhere.test", 80, Allowed::ByWildcard),
        ("a.example.com", 80, Allowed::ByWildcard),
        ("10.0.0.1", 81, Allowed::ByWildcard),
        ("127.0.0.1", 80, Allowed::ByWildcard),
        ("127.0.0.1", 8080, Allowed::ByName),
        ("db.internal", 80, Allowed::ByName),
        ("LOCALHOST", 9, Allowed::ByName),
        ("10.0.0.1", 80, Allowed::ByName),
        ("[0:0::1]", 80, Allowed::ByName),
    ] {
        assert_eq!(
            allowed.allows("http", host, port),
            Some(expected),
            "{host}:{port}"
        );
    }
}

#[test]
fn networks_allow_the_addresses_within() {
    assert_decisions(
        "http://10.1.2.3/8",
        &["http://10.255.0.1/", "http://10.1/", "http://0x0a.1/"],
        &[
            "http://11.0.0.1/",
            "http://[::ffff:10.0.0.1]/",
            "http://ten.example/",
        ],
    );
    assert_decisions(
        "http://2001:db8::/32:8080",
        &["http://[2001:db8:ffff::1]:8080/"],
        &["http://[2001:db9::1]:8080/", "http://[2001:db8::1]/"],
    );
    assert_decisions(
        "http://::1/128",
        &["http://[::1]/"],
        &["http://[::2]/", "http://127.0.0.1/"],
    );
}

#[test]
fn an_address_is_the_same_however_it_is_written() {
    assert_decisions(
        "http://127.0.0.1",
        &[
            "http://127.0.0.1/",
            "http://127.1/",
            "http://0x7f.0.0.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
        ],
        &[
            "http://127.0.0.2/",
            "http://localhost/",
            "http://[::ffff:127.0.0.1]/",
        ],
    );
    assert_decisions(
        "http://[::1]:80",
        &["http://[::1]/", "http://[0:0::0:1]/"],
        &["http://[::1]:81/"],
    );
}

#[test]
fn a_user_in_front_of_the_host_does_not_deceive() {
    let entry = "http://good.example";
    assert_decisions(
        entry,
        &["http://user:password@good.example/"],
        &["http://good.example@evil.example/"],
    );
    assert_decisions(
        entry,
        &[],
        &[
            "http://good.example:80@evil.example/",
            "http://evil.example/@good.example",
        ],
    );
}

#[test]
fn odd_spellings_of_a_host_are_refused() {
    let any = allowed(&["*://*:*"]);
    for host in [
        "",
        " ",
        "a b",
        "a/b",
        "a@b",
        "%61.example",
        "good.example%00.evil",
        "[::1",
        "::1",
        "[::1%25eth0]",
        "a\0b",
        "a#b",
        "a?b",
    ] {
        assert!(any.allows("http", host, 80).is_none(), "{host:?}");
    }
    let good = allowed(&["http://good.example"]);
    assert!(
        good.allows("http", "good.example.", 80).is_none(),
        "a trailing dot is another name"
    );
    assert!(good.allows("HTTP", "GOOD.example", 80).is_some());
}

#[test]
fn neighbours_are_allowed_by_name_or_all_together() {
    assert_decisions(
        "http://auth.spin.internal",
        &[
            "http://auth.spin.internal/keys",
            "http://AUTH.spin.internal/",
        ],
        &[
            "http://users.spin.internal/",
            "https://auth.spin.internal/",
            "http://auth.spin.internal.evil.org/",
        ],
    );
    assert_decisions(
        "http://*.spin.internal",
        &["http://users.spin.internal/"],
        &["http://spin.internal/"],
    );
    let allowed = allowed(&[
        "http://auth.spin.internal",
        "https://example.com",
        "http://*.spin.internal",
    ]);
    assert_eq!(allowed.neighbours().collect::<Vec<_>>(), ["auth"]);
}

#[test]
fn the_application_itself_is_allowed_as_self() {
    for entry in ["http://self", "http://self.alt"] {
        assert_decisions(
            entry,
            &["http://self.alt/"],
            &["http://self/", "http://other.alt/", "https://self.alt/"],
        );
    }
    assert_decisions("http://*", &["http://self.alt/"], &[]);
}

#[test]
fn what_cannot_be_read_is_named_with_the_reason() {
    let error = AllowedHosts::parse(&["example.com", "https://example.com", "redis"])
        .expect_err("two mistakes");
    let rule = "has no scheme; write SCHEME://HOST or SCHEME://HOST:PORT, where * stands for any";
    assert_eq!(
        error.to_string(),
        format!("\"example.com\" {rule}\n\"redis\" {rule}")
    );
}

#[test]
fn entries_that_spin_refuses_are_refused() {
    for bad in [
        "*",
        "example.com:80",
        "://example.com",
        "ht+tp://example.com:80",
        "*://example.com",
        "tcp://example.com",
        "http://example.com/a",
        "http://example.com//",
        "http://example.com:80/a",
        "http://user@example.com",
        "http://example.com:port",
        "http://example.com:99999",
        "http://example.com:80:90",
        "http://example.com:80..",
        "http://example.com:90..80",
        "http://{a,b}.example.com",
        "http://a.*.example.com",
        "http://*a.example.com",
        "http://*.*.example.com",
        "http://*.127.0.0.1",
        "http://*.[::1]",
        "http://*.",
        "http://[::1",
        "http://[::1]junk",
        "http://::1",
        "http://exa mple.com",
        "insecure:allow-all",
    ] {
        assert!(AllowedHosts::parse(&[bad]).is_err(), "{bad}");
    }
}
