//! Where requests come from, and lists of networks from which they may.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use axum::extract::FromRequestParts;
use http::request::Parts;
use ipnet::{IpNet, Ipv4Net};

/// The header in which the host names the client's address. No client can set it: the host removes what
/// is called so, and believes forwarding headers of trusted proxies only.
pub const CLIENT_ADDR: &str = "spin-client-addr";

/// What the host calls the client of a request that another component of the application sent.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// The client's address in the header [`CLIENT_ADDR`]. An IPv4 address in IPv6 clothes is what it stands for.
pub fn client(client_addr: &str) -> Option<IpAddr> {
    let with_port = client_addr.parse().map(|address: SocketAddr| address.ip());
    let address = with_port.or_else(|_| client_addr.parse()).ok()?;
    Some(address.to_canonical())
}

/// Whether the request is of another component of the same application, by the header [`CLIENT_ADDR`].
pub fn is_internal(client_addr: &str) -> bool {
    client_addr.parse() == Ok(NOWHERE)
}

/// Where a request comes from, by the header [`CLIENT_ADDR`]. As an extractor it is always there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAddr(String);

impl ClientAddr {
    /// Whether the networks let it in; see [`Networks::admit`].
    pub fn is_in(&self, networks: &Networks) -> bool {
        networks.admit(&self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddr {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let mut addresses = parts.headers.get_all(CLIENT_ADDR).iter();
        let address = addresses.next().and_then(|address| address.to_str().ok());
        // The host says it once. What is said twice is not known.
        let address = address.filter(|_| addresses.next().is_none());
        Ok(Self(address.unwrap_or_default().to_owned()))
    }
}

/// Networks that somebody named. None named is no restriction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

/// Why a text is not a list of networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor a network such as 192.0.2.0/24 or 2001:db8::/32")]
pub struct InvalidNetwork(String);

impl Networks {
    /// Whether none is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address lies in one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether a request with this header [`CLIENT_ADDR`] is let in: those of other components are, and
    /// whose client is not known is not, unless everybody is.
    pub fn admit(&self, client_addr: &str) -> bool {
        self.is_empty()
            || is_internal(client_addr)
            || client(client_addr).is_some_and(|address| self.contain(address))
    }
}

/// Addresses and networks, separated by commas or space.
impl FromStr for Networks {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split([',', ' ', '\t', '\n', '\r'])
            .filter(|word| !word.is_empty())
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn network(text: &str) -> Result<IpNet, InvalidNetwork> {
    let network = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| InvalidNetwork(text.to_owned()))?;
    Ok(canonical(network))
}

/// A network of IPv4 addresses in IPv6 clothes (RFC 4291, section 2.5.5.2) as what it stands for.
fn canonical(network: IpNet) -> IpNet {
    const CLOTHES: u8 = 96;
    let IpNet::V6(mapped) = network else {
        return network;
    };
    let address: Ipv6Addr = mapped.addr();
    let undressed = mapped.prefix_len().checked_sub(CLOTHES).and_then(|length| {
        let address = address.to_ipv4_mapped()?;
        Ipv4Net::new(address, length).ok()
    });
    undressed.map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(text: &str) -> Networks {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_is_in_a_network_or_not() {
        let networks = networks("192.0.2.0/24, 2001:db8::/32\n198.51.100.7 2001:db9::1");
        for inside in [
            "192.0.2.0:80",
            "192.0.2.255",
            "198.51.100.7:1",
            "[2001:db8:ffff::1]:443",
            "2001:db9::1",
            "[::ffff:192.0.2.1]:443",
            "::ffff:c000:0201",
        ] {
            assert!(networks.admit(inside), "{inside}");
        }
        for outside in [
            "192.0.3.0:80",
            "198.51.100.8",
            "[2001:db7::1]:443",
            "2001:db9::2",
            "[::ffff:192.0.3.1]:443",
            "::192.0.2.1",
            "unknown",
            "",
        ] {
            assert!(!networks.admit(outside), "{outside}");
        }
    }

    #[test]
    fn a_network_in_ipv6_clothes_is_the_one_it_stands_for() {
        let networks = networks("::ffff:192.0.2.0/120");
        assert!(networks.admit("192.0.2.9:1") && networks.admit("[::ffff:192.0.2.9]:1"));
        assert!(!networks.admit("192.0.3.9:1"));
    }

    #[test]
    fn where_none_is_named_everybody_is_let_in() {
        assert!(networks(" ,\n").admit("192.0.2.1:80") && networks("").admit("unknown"));
    }

    #[test]
    fn other_components_are_let_in_and_nobody_can_look_like_one() {
        let networks = networks("192.0.2.0/24");
        assert!(networks.admit("0.0.0.0:0"));
        for address in [
            "0.0.0.0:1",
            "0.0.0.0",
            "[::]:0",
            "[::ffff:0.0.0.0]:0",
            "127.0.0.1:0",
        ] {
            assert!(!networks.admit(address), "{address}");
        }
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in [
            "192.0.2.0/33",
            "192.0.2",
            "example.com",
            "10.0.0.0/8, x",
            "::/129",
        ] {
            let error = text.parse::<Networks>().unwrap_err().to_string();
            assert!(error.contains("is neither"), "{error}");
        }
    }
}
