//! Which addresses a component's requests and sockets reach, whatever leads there: `block_networks` of the runtime
//! configuration, and the networks that are not public, for which a wildcard in a manifest is not enough.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::policy::Allowed;
use crate::config::{self, Private};

/// What is not public (IANA's special-purpose registries): this machine, private networks, and what is reserved.
const PRIVATE: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/127",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// The networks that are closed.
#[derive(Debug, Clone)]
pub struct Networks {
    blocked: Vec<IpNet>,
    private: Vec<IpNet>,
    rule: Private,
}

impl Networks {
    /// Those that the configuration names, and the private ones.
    pub fn new(config: &config::Outbound) -> Self {
        let private = PRIVATE.iter();
        Self {
            blocked: config.blocked.clone(),
            private: private.filter_map(|network| network.parse().ok()).collect(),
            rule: config.private,
        }
    }

    /// Why nothing is sent to `address`, of a destination that is `allowed`; `None` where something may be.
    pub fn objection(&self, address: IpAddr, allowed: Allowed) -> Option<&'static str> {
        if holds(&self.blocked, address) {
            return Some("its network is in block_networks");
        }
        if !holds(&self.private, address) {
            return None;
        }
        match (self.rule, allowed) {
            (Private::Never, _) => Some("its network is private, which block_networks holds"),
            (Private::WhereNamed, Allowed::ByWildcard) => Some(
                "its network is private, and allowed_outbound_hosts has only a wildcard for it: name the host",
            ),
            (Private::WhereNamed, Allowed::ByName) | (Private::WhereAllowed, _) => None,
        }
    }
}

fn holds(networks: &[IpNet], address: IpAddr) -> bool {
    let holds = |address: IpAddr| networks.iter().any(|network| network.contains(&address));
    holds(address) || embedded(address).is_some_and(|address| holds(address.into()))
}

/// The IPv4 address that one of IPv6 leads to: mapped (RFC 4291), through NAT64 (RFC 6052) or 6to4 (RFC 3056).
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else {
        return None;
    };
    let [a, b, c, d, e, f, g, h] = address.segments();
    let of = |high: u16, low: u16| Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0 | 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => of(g, h),
        [0x2002, high, low, ..] => of(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(blocked: &[&str], private: Private) -> Networks {
        let blocked = blocked.iter().map(|network| network.parse().unwrap());
        Networks::new(&config::Outbound {
            max_connections: None,
            blocked: blocked.collect(),
            private,
        })
    }

    fn is_open(networks: &Networks, address: &str, allowed: Allowed) -> bool {
        let address = address.parse().expect(address);
        networks.objection(address, allowed).is_none()
    }

    const CLOSED: &[&str] = &[
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.31.255.255",
        "192.168.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1",
        "fd00::1",
        "fe80::1",
        "ff02::1",
    ];

    const OPEN: &[&str] = &[
        "1.1.1.1",
        "100.63.255.255",
        "172.32.0.1",
        "192.167.255.255",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
        "2002:101:101::",
        "2606:4700::1111",
    ];

    #[test]
    fn every_private_network_can_be_read() {
        let networks = networks(&[], Private::Never);
        assert_eq!(networks.private.len(), PRIVATE.len());
    }

    #[test]
    fn what_is_not_public_is_reached_by_name_and_not_by_wildcard_however_it_is_written() {
        let networks = networks(&[], Private::default());
        for address in CLOSED {
            assert!(
                !is_open(&networks, address, Allowed::ByWildcard),
                "{address}"
            );
            assert!(is_open(&networks, address, Allowed::ByName), "{address}");
        }
        for address in OPEN {
            assert!(
                is_open(&networks, address, Allowed::ByWildcard),
                "{address}"
            );
        }
    }

    #[test]
    fn the_configuration_closes_and_opens_private_networks_for_all() {
        let (never, always) = (
            networks(&[], Private::Never),
            networks(&[], Private::WhereAllowed),
        );
        for address in CLOSED {
            assert!(!is_open(&never, address, Allowed::ByName), "{address}");
            assert!(is_open(&always, address, Allowed::ByWildcard), "{address}");
        }
        for address in OPEN {
            assert!(is_open(&never, address, Allowed::ByWildcard), "{address}");
        }
    }

    #[test]
    fn a_network_that_is_blocked_is_closed_to_who_names_it_too() {
        let networks = networks(&["1.1.1.0/24"], Private::WhereAllowed);
        for (address, expected) in [
            ("1.1.1.9", false),
            ("::ffff:1.1.1.9", false),
            ("64:ff9b::1.1.1.9", false),
            ("1.1.2.9", true),
        ] {
            assert_eq!(
                is_open(&networks, address, Allowed::ByName),
                expected,
                "{address}"
            );
        }
    }
}
