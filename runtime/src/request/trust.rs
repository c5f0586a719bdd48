//! Whom to believe about the caller: forwarding headers count only when a trusted proxy sent them.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Headers in which a proxy tells what it saw.
const FORWARDING: [HeaderName; 5] = [
    header::FORWARDED,
    FORWARDED_FOR,
    FORWARDED_PROTO,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

/// Who sent a request, and how, as far as can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Its address; the port is 0 where only a proxy knows it.
    pub address: SocketAddr,
    /// Whether it spoke TLS, to the server or to a trusted proxy.
    pub is_tls: bool,
}

/// Whether a request comes from this machine, and from nobody else through it: no proxy says that it forwarded it.
pub fn is_local(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let is_forwarded = |name: &HeaderName| headers.contains_key(name);
    let is_proxied = FORWARDING.iter().any(is_forwarded) || is_forwarded(&header::VIA);
    peer.ip().to_canonical().is_loopback() && !is_proxied
}

/// Finds the client behind `peer`, and removes from `headers` what nobody trusted has said.
///
/// `x-forwarded-for` is read from right to left: each trusted proxy appended the address it saw, so the first
/// address that is no proxy of ours is the client. What stands to the left of it anyone may have written.
pub fn client(trusted: &[IpNet], peer: Client, headers: &mut HeaderMap) -> Client {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip.to_canonical()));
    if !is_trusted(peer.address.ip()) {
        for name in FORWARDING {
            headers.remove(name);
        }
        return peer;
    }
    let mut address = peer.address;
    // In bytes: a client that writes some that are no text must not hide the address that a proxy wrote beside them.
    let hops: Vec<&[u8]> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .collect();
    for hop in hops.into_iter().rev() {
        let Some(ip) = str::from_utf8(hop).ok().and_then(parse) else {
            break;
        };
        address = SocketAddr::new(ip, 0);
        if !is_trusted(ip) {
            break;
        }
    }
    let is_tls = headers
        .get(FORWARDED_PROTO)
        .map_or(peer.is_tls, |proto| proto == "https");
    Client { address, is_tls }
}

/// An address as proxies write it: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    hop.parse()
        .or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
        .or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn seen(peer: &str, forwarded_for: &str) -> (String, HeaderMap) {
        seen_bytes(peer, forwarded_for.as_bytes())
    }

    fn seen_bytes(peer: &str, forwarded_for: &[u8]) -> (String, HeaderMap) {
        let trusted = [
            "10.0.0.0/8".parse().unwrap(),
            "2001:db8::/32".parse().unwrap(),
        ];
        let mut headers = HeaderMap::new();
        headers.insert(
            FORWARDED_FOR,
            HeaderValue::from_bytes(forwarded_for).unwrap(),
        );
        let peer = Client {
            address: SocketAddr::new(peer.parse().unwrap(), 7),
            is_tls: false,
        };
        let client = client(&trusted, peer, &mut headers);
        (client.address.ip().to_string(), headers)
    }

    #[test]
    fn what_a_proxy_forwards_is_not_local_even_if_the_proxy_is() {
        let is_local = |peer: &str, names: &[HeaderName]| {
            let peer = SocketAddr::new(peer.parse().unwrap(), 7);
            let value = HeaderValue::from_static("x");
            let headers = names.iter().map(|name| (name.clone(), value.clone()));
            is_local(peer, &headers.collect())
        };
        assert!(is_local("127.0.0.1", &[]) && is_local("::1", &[]));
        assert!(is_local("::ffff:127.0.0.1", &[]));
        assert!(!is_local("192.0.2.7", &[]));
        for name in FORWARDING.into_iter().chain([header::VIA]) {
            assert!(!is_local("127.0.0.1", &[name]));
        }
    }

    #[test]
    fn a_stranger_cannot_claim_another_address() {
        let (ip, headers) = seen("192.0.2.9", "127.0.0.1");
        assert_eq!(ip, "192.0.2.9");
        assert!(headers.is_empty(), "what it claimed is removed");
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_is_no_proxy() {
        assert_eq!(seen("10.0.0.1", "192.0.2.1").0, "192.0.2.1");
        assert_eq!(
            seen("10.0.0.1", "127.0.0.1, 192.0.2.1, 10.0.0.2").0,
            "192.0.2.1"
        );
        assert_eq!(
            seen("::ffff:10.0.0.1", "[2001:db8::5]:443").0,
            "2001:db8::5"
        );
    }

    #[test]
    fn an_address_that_cannot_be_read_ends_the_search() {
        assert_eq!(
            seen("10.0.0.1", "192.0.2.1, nonsense, 10.0.0.2").0,
            "10.0.0.2"
        );
    }

    #[test]
    fn bytes_that_are_no_text_hide_no_address_to_their_right() {
        assert_eq!(seen_bytes("10.0.0.1", b"\xff, 192.0.2.1").0, "192.0.2.1");
    }
}
