//! Allowed hosts, held against rules over hosts that were never text; and text that tries to pass for another host.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::AllowedHosts;

/// A host, before it is written down.
#[derive(Debug, Clone, PartialEq)]
enum Host {
    Domain(Vec<&'static str>),
    V4(u32),
    V6(u128),
}

/// The hosts of an entry.
#[derive(Debug, Clone)]
enum Rule {
    Any,
    Exactly(Host),
    Below(Vec<&'static str>),
    /// An address and how many of its bits must be the same.
    Within(Host, u32),
}

#[derive(Debug, Clone)]
struct Entry {
    scheme: Option<&'static str>,
    rule: Rule,
    /// From, and up to but not including.
    ports: Option<(u16, u16)>,
}

impl Entry {
    fn allows(&self, scheme: &str, host: &Host, port: u16) -> bool {
        let same_bits = |one: u128, other: u128, width: u32, bits: u32| {
            bits == 0 || (one ^ other) >> (width - bits) == 0
        };
        self.scheme.is_none_or(|own| own == scheme)
            && self
                .ports
                .is_none_or(|(from, to)| (from..to).contains(&port))
            && match (&self.rule, host) {
                (Rule::Any, _) => true,
                (Rule::Exactly(own), host) => own == host,
                (Rule::Below(own), Host::Domain(labels)) => {
                    labels.len() > own.len() && labels.ends_with(own)
                }
                (Rule::Within(Host::V4(own), bits), Host::V4(address)) => {
                    same_bits((*own).into(), (*address).into(), 32, *bits)
                }
                (Rule::Within(Host::V6(own), bits), Host::V6(address)) => {
                    same_bits(*own, *address, 128, *bits)
                }
                (Rule::Below(_) | Rule::Within(..), _) => false,
            }
    }

    fn text(&self) -> String {
        let scheme = self.scheme.unwrap_or("*");
        let host = match &self.rule {
            Rule::Any => "*".to_owned(),
            Rule::Exactly(host) => host.text(0),
            Rule::Below(labels) => format!("*.{}", labels.join(".")),
            Rule::Within(Host::V4(address), bits) => format!("{}/{bits}", Ipv4Addr::from(*address)),
            Rule::Within(Host::V6(address), bits) => format!("{}/{bits}", Ipv6Addr::from(*address)),
            Rule::Within(Host::Domain(_), _) => unreachable!("networks are of addresses"),
        };
        match self.ports {
            None => format!("{scheme}://{host}:*"),
            Some((from, to)) if to == from + 1 => format!("{scheme}://{host}:{from}"),
            Some((from, to)) => format!("{scheme}://{host}:{from}..{to}"),
        }
    }
}

impl Host {
    /// One of the ways to write it.
    fn text(&self, spelling: usize) -> String {
        match (self, spelling % 3) {
            (Self::Domain(labels), 0) => labels.join("."),
            (Self::Domain(labels), 1) => labels.join(".").to_ascii_uppercase(),
            (Self::Domain(labels), _) => {
                let text = labels.join(".");
                text[..1].to_ascii_uppercase() + &text[1..]
            }
            (Self::V4(address), 0) => Ipv4Addr::from(*address).to_string(),
            (Self::V4(address), 1) => address.to_string(),
            (Self::V4(address), _) => format!("0x{address:x}"),
            (Self::V6(address), 0) => format!("[{}]", Ipv6Addr::from(*address)),
            (Self::V6(address), spelling) => {
                let groups = Ipv6Addr::from(*address).segments();
                let groups: Vec<String> =
                    groups.iter().map(|group| format!("{group:04x}")).collect();
                let text = format!("[{}]", groups.join(":"));
                if spelling == 1 {
                    text
                } else {
                    text.to_ascii_uppercase()
                }
            }
        }
    }
}

// Few of each, and near each other, so that entries and hosts often nearly meet.

fn domain() -> impl Strategy<Value = Vec<&'static str>> {
    let label = proptest::sample::select(&["a", "b", "xa", "a-b"][..]);
    let top = proptest::sample::select(&["example", "internal", "notexample"][..]);
    (proptest::collection::vec(label, 0..3), top).prop_map(|(mut labels, top)| {
        labels.push(top);
        labels
    })
}

fn address() -> impl Strategy<Value = Host> {
    let v4 = proptest::sample::select(
        &[
            0x7f00_0001_u32,
            0x7f00_0002,
            0x0a00_0001,
            0x0aff_ffff,
            0x0b00_0001,
            0,
            u32::MAX,
        ][..],
    );
    let v6 = proptest::sample::select(
        &[
            1_u128,
            0,
            0xffff_7f00_0001,
            0xfe80 << 112 | 1,
            0x2001_0db8 << 96 | 7,
            u128::MAX,
        ][..],
    );
    prop_oneof![v4.prop_map(Host::V4), v6.prop_map(Host::V6)]
}

fn host() -> impl Strategy<Value = Host> {
    prop_oneof![domain().prop_map(Host::Domain), address()]
}

fn entry() -> impl Strategy<Value = Entry> {
    let scheme = proptest::sample::select(&[None, Some("http"), Some("https")][..]);
    let within = (address(), 0_u32..=128).prop_map(|(address, bits)| {
        let bits = if matches!(address, Host::V4(_)) {
            bits.min(32)
        } else {
            bits
        };
        Rule::Within(address, bits)
    });
    let rule = prop_oneof![
        1 => Just(Rule::Any),
        4 => host().prop_map(Rule::Exactly),
        3 => domain().prop_map(Rule::Below),
        3 => within,
    ];
    let ports = prop_oneof![
        Just(None),
        (79_u16..83).prop_map(|port| Some((port, port + 1))),
        (79_u16..82, 1_u16..4).prop_map(|(from, length)| Some((from, from + length))),
    ];
    (scheme, rule, ports).prop_map(|(scheme, rule, ports)| Entry {
        scheme,
        rule,
        ports,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hosts_are_allowed_as_the_rules_say_however_they_are_written(
        entries in proptest::collection::vec(entry(), 0..4),
        scheme in proptest::sample::select(&["http", "https", "ftp"][..]),
        host in host(),
        port in 78_u16..85,
        spelling in 0_usize..3,
    ) {
        let texts: Vec<String> = entries.iter().map(Entry::text).collect();
        let allowed = AllowedHosts::parse(&texts).expect("the entries are well written");
        let expected = entries.iter().any(|entry| entry.allows(scheme, &host, port));
        let text = host.text(spelling);
        let decision = allowed.allows(scheme, &text, port).is_some();
        prop_assert_eq!(decision, expected, "{}://{}:{} by {:?}", scheme, text, port, texts);
    }

    #[test]
    fn text_around_an_allowed_host_makes_it_another(
        at in 0..="good.example".len(),
        junk in "[@:/\\\\%.?#\\[\\]*; \t\r\n\0a_-]{1,4}|@evil\\.test|\\.evil\\.test|%2eevil|[^\\x00-\\x7f]{1,2}",
    ) {
        let allowed = AllowedHosts::parse(&["http://good.example", "http://*.below.example"]);
        let allowed = allowed.expect("good entries");
        let mut host = "good.example".to_owned();
        host.insert_str(at, &junk);
        if host.is_ascii() {
            prop_assert!(allowed.allows("http", &host, 80).is_none(), "{:?}", host);
        } else if allowed.allows("http", &host, 80).is_some() {
            // Other alphabets have letters that domain names take for ours (UTS 46); then it is the same name.
            let name = url::Host::parse(&host);
            prop_assert_eq!(name, Ok(url::Host::Domain("good.example".to_owned())), "{:?}", host);
        }
        let below = format!("{junk}.below.example");
        if allowed.allows("http", &below, 80).is_some() {
            let url = url::Url::parse(&format!("http://{below}:80/")).expect("what is allowed is a host");
            prop_assert!(url.username().is_empty() && url.path() == "/", "{:?}", below);
            prop_assert!(url.host_str().is_some_and(|host| host.ends_with(".below.example")), "{:?}", below);
        }
    }

    #[test]
    fn an_entry_is_read_or_refused_whatever_it_is(
        entry in any::<String>(),
        host in any::<String>(),
        port in any::<u16>(),
    ) {
        match AllowedHosts::parse(&[format!("http://{entry}")]) {
            Ok(allowed) => _ = allowed.allows("http", &host, port),
            Err(mistakes) => prop_assert!(!mistakes.to_string().is_empty()),
        }
    }

    #[test]
    fn without_entries_nothing_is_allowed_however_it_is_asked(
        scheme in any::<String>(),
        host in any::<String>(),
        port in any::<u16>(),
    ) {
        prop_assert!(AllowedHosts::default().allows(&scheme, &host, port).is_none());
    }
}
