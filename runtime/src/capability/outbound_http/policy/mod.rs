//! Where a component may send requests: `allowed_outbound_hosts` of its manifest entry, read as Spin reads it.
//!
//! Hosts are compared in their canonical form, so that other spellings of an address (`127.1`, `0x7f.0.0.1`, upper
//! case) are neither a way around an entry nor a reason to be refused.

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use ipnet::IpNet;
use url::Host;

/// The domain under which the components of an application reach each other.
pub const INTERNAL_SUFFIX: &str = ".spin.internal";

/// The destinations one component may send requests to. The default allows none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts {
    entries: Vec<Entry>,
}

/// Entries that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct InvalidHosts(Vec<String>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// Lower case; `None` allows any.
    scheme: Option<String>,
    host: HostRule,
    ports: Ports,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostRule {
    Any,
    /// The application itself, which components address as `self.alt`.
    Itself,
    Exactly(Host),
    /// Every host whose name ends so; begins with a dot.
    Below(String),
    Within(IpNet),
}

/// How a destination is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Among others, by a wildcard: whoever wrote it hardly meant the networks behind this machine.
    ByWildcard,
    /// As itself: by its name, its address, or a network it is in.
    ByName,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Ports {
    Any,
    /// Wider than a port, so that the end, which is left out, may lie behind the last one.
    Within(Range<u32>),
}

impl AllowedHosts {
    /// Reads entries such as `https://api.example.com`, their templates filled in. What cannot be read is named as it
    /// displays, so that entries which hold secrets may hide them.
    ///
    /// An entry that came out empty, or as a scheme alone, allows nothing: an optional host that was left out.
    pub fn parse<E: AsRef<str> + Display>(entries: &[E]) -> Result<Self, InvalidHosts> {
        let mut allowed = Self::default();
        let mut mistakes = Vec::new();
        for entry in entries {
            match entry.as_ref().trim() {
                "" | "http://" | "https://" => (),
                text => match Entry::parse(text) {
                    Ok(entry) => allowed.entries.push(entry),
                    Err(rule) => mistakes.push(format!("\"{entry}\" {rule}")),
                },
            }
        }
        if mistakes.is_empty() {
            Ok(allowed)
        } else {
            Err(InvalidHosts(mistakes))
        }
    }

    /// Whether a request to `host` (an IPv6 address in brackets) may be sent.
    pub fn allows(&self, scheme: &str, host: &str, port: u16) -> Option<Allowed> {
        // A client may send a percent-encoded host elsewhere than we would think.
        if host.contains('%') {
            return None;
        }
        self.find(scheme, &Host::parse(host).ok()?, port)
    }

    /// Whether a socket may be used with `address`. An IPv4 address in IPv6 clothes is what it stands for.
    pub fn allows_address(&self, scheme: &str, address: SocketAddr) -> Option<Allowed> {
        let host = match address.ip().to_canonical() {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        };
        self.find(scheme, &host, address.port())
    }

    fn find(&self, scheme: &str, host: &Host, port: u16) -> Option<Allowed> {
        let entries = self.entries.iter();
        let mut fitting = entries.filter(|entry| entry.allows(scheme, host, port));
        let first = fitting.next()?;
        let is_named = first.host.is_named() || fitting.any(|entry| entry.host.is_named());
        Some(if is_named {
            Allowed::ByName
        } else {
            Allowed::ByWildcard
        })
    }

    /// Whether any entry is for `scheme`.
    pub fn names(&self, scheme: &str) -> bool {
        self.entries.iter().any(|entry| entry.is_for(scheme))
    }

    /// The other components named by entries of the form `http://NAME.spin.internal`.
    pub fn neighbours(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match &entry.host {
            HostRule::Exactly(Host::Domain(domain)) => domain.strip_suffix(INTERNAL_SUFFIX),
            _ => None,
        })
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, authority) = text.split_once("://").ok_or(
            "has no scheme; write SCHEME://HOST or SCHEME://HOST:PORT, where * stands for any",
        )?;
        if scheme != "*"
            && (scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphabetic()))
        {
            return Err("has a scheme that is neither letters nor *");
        }
        let scheme = (scheme != "*").then(|| scheme.to_ascii_lowercase());
        let (host, port) = split_port(authority);
        let host = HostRule::parse(host)?;
        let ports = match port {
            Some(port) => Ports::parse(port)?,
            None => scheme
                .as_deref()
                .and_then(default_port)
                .map(Ports::only)
                .ok_or(
                    "needs a port, because its scheme has no usual one; write :* to allow any",
                )?,
        };
        Ok(Self {
            scheme,
            host,
            ports,
        })
    }

    fn allows(&self, scheme: &str, host: &Host, port: u16) -> bool {
        self.is_for(scheme) && self.host.allows(host) && self.ports.allow(port)
    }

    fn is_for(&self, scheme: &str) -> bool {
        let allowed = self.scheme.as_deref();
        allowed.is_none_or(|allowed| allowed.eq_ignore_ascii_case(scheme))
    }
}

/// Takes the port off, where there is one: the colons of an IPv6 address or network are not in front of a port.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, "")) => (host, None),
        Some((host, port)) if HostRule::parse(authority).is_err() => (host, Some(port)),
        _ => (authority, None),
    }
}

impl HostRule {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let host = text.trim();
        match host {
            "*" => return Ok(Self::Any),
            "self" | "self.alt" => return Ok(Self::Itself),
            _ => (),
        }
        if let Ok(network) = host.parse() {
            return Ok(Self::Within(network));
        }
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.contains('/') {
            return Err("has a path; hosts are allowed as a whole");
        }
        if host.contains(['{', '}']) {
            return Err("has a list of hosts; write an entry for each");
        }
        if host.contains('@') {
            return Err("has a user; hosts are allowed whoever asks");
        }
        if let Some(domain) = host.strip_prefix("*.") {
            return match Host::parse(domain) {
                Ok(Host::Domain(domain)) if !domain.contains('*') => {
                    Ok(Self::Below(format!(".{domain}")))
                }
                _ => Err("has a * that is not in front of a domain"),
            };
        }
        if host.contains('*') {
            return Err(
                "has a * inside the host; write *.example.com for all hosts below example.com",
            );
        }
        Host::parse(host)
            .map(Self::Exactly)
            .map_err(|_| "has no valid host")
    }

    /// Whether what it allows is named in it.
    fn is_named(&self) -> bool {
        match self {
            Self::Any | Self::Below(_) => false,
            Self::Itself | Self::Exactly(_) | Self::Within(_) => true,
        }
    }

    fn allows(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Itself, Host::Domain(domain)) => domain == "self.alt",
            (Self::Exactly(allowed), host) => allowed == host,
            (Self::Below(suffix), Host::Domain(domain)) => domain.ends_with(suffix),
            (Self::Within(network), Host::Ipv4(address)) => network.contains(&IpAddr::V4(*address)),
            (Self::Within(network), Host::Ipv6(address)) => network.contains(&IpAddr::V6(*address)),
            (Self::Itself | Self::Below(_) | Self::Within(_), _) => false,
        }
    }
}

impl Ports {
    fn only(port: u16) -> Self {
        Self::Within(u32::from(port)..u32::from(port) + 1)
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        const MISTAKE: &str =
            "has a port that is neither a number, a range such as 8000..8100, nor *";
        let text = text.strip_suffix('/').unwrap_or(text);
        if text.contains('/') {
            return Err("has a path; hosts are allowed as a whole");
        }
        if text == "*" {
            return Ok(Self::Any);
        }
        let port = |text: &str| text.parse::<u16>().map_err(|_| MISTAKE);
        match text.split_once("..") {
            None => port(text).map(Self::only),
            Some((start, end)) => {
                let range = u32::from(port(start)?)..u32::from(port(end)?);
                if range.is_empty() {
                    Err("has a range of ports that holds none; its end is left out")
                } else {
                    Ok(Self::Within(range))
                }
            }
        }
    }

    fn allow(&self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Within(range) => range.contains(&u32::from(port)),
        }
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "redis" => Some(6379),
        "mqtt" => Some(1883),
        _ => None,
    }
}
