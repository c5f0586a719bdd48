//! Networks that nothing is sent to, whatever a component's manifest entry allows: `block_networks` of the runtime
//! configuration.
//!
//! A name is looked up here, once, and the request then goes to the address that was looked at: a name server that
//! answers otherwise a moment later gains nothing. By HTTPS the name has to stay, for the certificate; whoever answers
//! at a blocked address has none for it.

use std::net::{IpAddr, SocketAddr};

use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Uri, header};
use ipnet::IpNet;
use wasmtime_wasi_http::{Error, WasiBody};

use crate::config::Outbound;

/// What is not public: this machine, private networks, and what is reserved for such.
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
    "2001:db8::/32",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// The networks that are blocked. The default blocks none.
#[derive(Debug, Clone, Default)]
pub struct Blocked(Vec<IpNet>);

impl Blocked {
    /// Those that the configuration names.
    pub fn new(config: &Outbound) -> Self {
        let private = if config.block_private { PRIVATE } else { &[] };
        let private = private.iter().filter_map(|network| network.parse().ok());
        Self(config.blocked.iter().copied().chain(private).collect())
    }

    /// Whether nothing is sent to `address`.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Sends `request` to an address that is not blocked, or fails.
    pub async fn avoid(&self, request: &mut Request<WasiBody>) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let uri = request.uri();
        let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?.clone();
        let is_tls = uri.scheme() == Some(&Scheme::HTTPS);
        let port = authority
            .port_u16()
            .unwrap_or(if is_tls { 443 } else { 80 });
        let host = authority.host().trim_matches(['[', ']']);
        let found = tokio::net::lookup_host((host, port)).await;
        let addresses: Vec<SocketAddr> = found.map_err(|_| Error::DestinationNotFound)?.collect();
        let open = addresses
            .iter()
            .find(|address| !self.contains(address.ip()));
        let (Some(open), true) = (
            open,
            !is_tls || addresses.iter().all(|address| !self.contains(address.ip())),
        ) else {
            tracing::warn!(host, "outbound request denied: its network is blocked");
            return Err(Error::DestinationIpProhibited);
        };
        if is_tls {
            return Ok(());
        }
        let invalid = |_| Error::HttpRequestUriInvalid;
        if !request.headers().contains_key(header::HOST) {
            let host = HeaderValue::from_str(authority.as_str());
            let host = host.map_err(|_| Error::HttpRequestUriInvalid)?;
            request.headers_mut().insert(header::HOST, host);
        }
        let mut parts = request.uri().clone().into_parts();
        parts.authority = Some(Authority::try_from(open.to_string()).map_err(invalid)?);
        *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Error::HttpRequestUriInvalid)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Empty};

    use super::*;

    fn blocked(networks: &[&str], block_private: bool) -> Blocked {
        Blocked::new(&Outbound {
            max_connections: None,
            blocked: networks
                .iter()
                .map(|network| network.parse().unwrap())
                .collect(),
            block_private,
        })
    }

    /// Where a request to `uri` goes, or that it goes nowhere.
    async fn sent(blocked: &Blocked, uri: &str) -> Option<String> {
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let mut request = Request::get(uri).body(body).unwrap();
        match blocked.avoid(&mut request).await {
            Ok(()) => Some(request.uri().to_string()),
            Err(Error::DestinationIpProhibited) => None,
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn every_private_network_can_be_read() {
        assert_eq!(blocked(&[], true).0.len(), PRIVATE.len());
    }

    #[tokio::test]
    async fn addresses_are_blocked_however_they_are_written() {
        let private = blocked(&[], true);
        for uri in [
            "http://127.0.0.1/",
            "http://10.1.2.3:8080/",
            "http://192.168.0.1/",
            "http://169.254.169.254/latest",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[fd00::1]/",
            "http://0.0.0.0/",
            "https://127.0.0.1/",
            "http://localhost/",
            "https://localhost/",
        ] {
            assert_eq!(sent(&private, uri).await, None, "{uri}");
        }
        let public = sent(&private, "http://1.1.1.1:81/a?b").await;
        assert_eq!(public.as_deref(), Some("http://1.1.1.1:81/a?b"));
        let one = blocked(&["1.1.1.0/24"], false);
        assert_eq!(sent(&one, "https://1.1.1.1/").await, None);
        assert!(sent(&one, "https://1.1.2.1/").await.is_some());
    }

    #[tokio::test]
    async fn a_request_goes_to_the_address_that_was_looked_at() {
        let elsewhere = blocked(&["1.1.1.0/24"], false);
        let uri = sent(&elsewhere, "http://localhost:8080/a").await.unwrap();
        assert!(
            ["http://127.0.0.1:8080/a", "http://[::1]:8080/a"].contains(&uri.as_str()),
            "{uri}"
        );
        assert_eq!(
            sent(&elsewhere, "https://localhost/a").await.unwrap(),
            "https://localhost/a"
        );
        assert_eq!(
            sent(&Blocked::default(), "http://localhost/a")
                .await
                .unwrap(),
            "http://localhost/a"
        );
    }
}
