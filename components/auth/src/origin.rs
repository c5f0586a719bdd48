//! Where a request comes from, for sessions and the audit: people recognise their devices by it.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::header::USER_AGENT;
use http::{HeaderMap, request::Parts};
use shared::{Problem, network};

use crate::random::{self, Hash};

/// How much of a user agent is kept, in bytes.
const USER_AGENT_LIMIT: usize = 256;

/// The client, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The address that the host saw; a client cannot choose it.
    pub ip: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

impl Origin {
    /// What a device is known again by: what it calls itself, and roughly whose network it is in. People
    /// move within a network all day; who copied their user agent is rarely in it.
    pub fn fingerprint(&self) -> Hash {
        let network = self
            .ip
            .as_deref()
            .and_then(network::client)
            .map(|ip| match ip {
                IpAddr::V4(ip) => ip.octets()[..2].to_vec(),
                IpAddr::V6(ip) => ip.octets()[..4].to_vec(),
            });
        let agent = self.user_agent.as_deref().unwrap_or_default();
        random::hash(&format!("{network:?} {agent}"))
    }
    /// Of what nobody asked for, and was done because it was time.
    pub const NOWHERE: Self = Self {
        ip: None,
        user_agent: None,
    };

    fn from_headers(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        Self {
            ip: text(network::CLIENT_ADDR)
                .and_then(network::client)
                .map(|ip| ip.to_string()),
            user_agent: text(USER_AGENT.as_str())
                .map(|agent| agent[..agent.len().min(USER_AGENT_LIMIT)].to_owned()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::from_headers(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn origin(client_addr: &str, user_agent: &[u8]) -> Origin {
        let mut headers = HeaderMap::new();
        headers.insert("spin-client-addr", client_addr.parse().unwrap());
        headers.insert(USER_AGENT, HeaderValue::from_bytes(user_agent).unwrap());
        Origin::from_headers(&headers)
    }

    #[test]
    fn an_address_has_no_port() {
        assert_eq!(
            origin("192.0.2.7:8777", b"").ip.as_deref(),
            Some("192.0.2.7")
        );
        assert_eq!(origin("[::1]:80", b"").ip.as_deref(), Some("::1"));
        assert_eq!(origin("unknown", b"").ip, None);
    }

    #[test]
    fn a_device_is_known_again_in_its_network_and_nowhere_else() {
        let known = origin("192.0.2.7:8777", b"Firefox").fingerprint();
        assert_eq!(origin("192.0.99.1:80", b"Firefox").fingerprint(), known);
        assert_ne!(origin("198.51.100.7:8777", b"Firefox").fingerprint(), known);
        assert_ne!(origin("192.0.2.7:8777", b"Chrome").fingerprint(), known);
        let known = origin("[2001:db8::1]:80", b"").fingerprint();
        assert_eq!(origin("[2001:db8:1::2]:80", b"").fingerprint(), known);
        assert_ne!(origin("[2001:db9::1]:80", b"").fingerprint(), known);
    }

    #[test]
    fn a_user_agent_is_kept_in_part_and_only_if_it_is_text() {
        let long = origin("", &[b'x'; 1000]).user_agent.unwrap();
        assert_eq!(long.len(), USER_AGENT_LIMIT);
        assert_eq!(origin("", b"\xff\xfe").user_agent, None);
    }
}
