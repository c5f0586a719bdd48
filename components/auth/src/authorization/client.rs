//! What a client is, and what may stand in one.

use http::Uri;
use serde::Serialize;
use shared::{FieldError, Timestamp};

use super::Scope;
use crate::federation::is_secure;

shared::id!(
    /// An application that people sign in to through this one.
    pub ClientId, "cli"
);

/// How many addresses one client may have.
const MAX_URIS: usize = 16;
/// Of an address, in bytes.
const URI_LIMIT: usize = 2048;

/// An application, as the administrator sees it.
#[derive(Debug, Clone, Serialize)]
pub struct Client {
    pub id: ClientId,
    pub name: String,
    /// Whether it can keep a secret, RFC 6749 section 2.1.
    pub confidential: bool,
    pub redirect_uris: Vec<String>,
    /// All it may ask for.
    #[serde(serialize_with = "as_list")]
    #[serde(rename = "scopes")]
    pub scope: Scope,
    #[serde(skip)]
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

fn as_list<S: serde::Serializer>(scope: &Scope, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(scope.names())
}

impl Client {
    /// Whether people may be sent there: to the letter, RFC 9700 section 4.1.3; but a program on this machine listens
    /// wherever there is a free port, RFC 8252 section 7.3.
    pub fn takes(&self, redirect_uri: &str) -> bool {
        let is_plain = redirect_uri.bytes().all(|byte| byte.is_ascii_graphic());
        is_plain
            && self.redirect_uris.iter().any(|own| {
                own == redirect_uri
                    || matches!(
                        (without_port(own), without_port(redirect_uri)),
                        (Some(own), Some(asked)) if own == asked
                    )
            })
    }
}

/// An address on the loopback interface, in its parts but for the port; of any other there is none.
fn without_port(uri: &str) -> Option<(String, String)> {
    let parsed: Uri = uri.parse().ok()?;
    let authority = parsed.authority()?.as_str();
    let host = parsed.host()?;
    let is_loopback = parsed.scheme_str() == Some("http")
        && ["127.0.0.1", "[::1]"].contains(&host)
        && !authority.contains('@')
        && !uri.contains(['#', '\\']);
    let path = parsed.path_and_query().map_or("/", |path| path.as_str());
    is_loopback.then(|| (host.to_owned(), path.to_owned()))
}

/// The name as it is stored. It is shown to people who decide by it.
pub fn check_name(name: &str) -> Result<String, FieldError> {
    crate::account::check_name(name)
}

/// Nothing where people can be sent to each of them.
pub fn check_redirect_uris(uris: &[String]) -> Result<(), FieldError> {
    if uris.is_empty() || uris.len() > MAX_URIS {
        return Err(FieldError::new(
            "redirect_uris",
            "must be 1 to 16 addresses",
        ));
    }
    match uris.iter().position(|uri| !is_redirect_uri(uri)) {
        None => Ok(()),
        Some(at) => Err(FieldError::new(
            format!("redirect_uris[{at}]"),
            "must be https, http on this machine, or a scheme of an application's own (com.example.app:/…), and have \
             no fragment",
        )),
    }
}

/// RFC 8252 section 7. Schemes of an application's own have a dot: `javascript` and `data` have none.
fn is_redirect_uri(uri: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\\#\"<>*".contains(&byte);
    if uri.len() > URI_LIMIT || !uri.bytes().all(is_plain) {
        return false;
    }
    match uri.split_once(':') {
        None => false,
        Some(("https" | "http", rest)) => is_secure(uri) && !rest.contains('@'),
        Some((scheme, rest)) => {
            let plain = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte)
            };
            scheme.contains('.')
                && scheme.bytes().all(plain)
                && scheme.starts_with(|first: char| first.is_ascii_lowercase())
                && rest.starts_with('/')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str) -> Result<(), FieldError> {
        check_redirect_uris(&[uri.to_owned()])
    }

    #[test]
    fn people_are_sent_to_applications_and_to_nothing_else() {
        for uri in [
            "https://app.example.com/callback?x=1",
            "http://localhost:8080/callback",
            "http://127.0.0.1/callback",
            "com.example.app:/callback",
        ] {
            assert!(check(uri).is_ok(), "{uri}");
        }
        for uri in [
            "",
            "/callback",
            "//app.example.com",
            "http://app.example.com/callback",
            "https://*.example.com/",
            "https://app.example.com/#x",
            "https://app.example.com@evil.example/",
            "https://app.example.com\\@evil.example/",
            "https:callback",
            "javascript:alert(1)",
            "data:text/html,x",
            "app:/callback",
        ] {
            assert!(check(uri).is_err(), "{uri}");
        }
        assert!(check_redirect_uris(&[]).is_err());
    }

    #[test]
    fn an_address_is_taken_to_the_letter_but_for_the_port_of_this_machine() {
        let now = Timestamp::from_millis(0);
        let client = Client {
            id: ClientId::new(),
            name: "Invoices".into(),
            confidential: false,
            redirect_uris: vec![
                "https://app.example.com/callback".into(),
                "http://127.0.0.1/callback".into(),
            ],
            scope: Scope::check(&[]).unwrap(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        for uri in [
            "https://app.example.com/callback",
            "http://127.0.0.1/callback",
            "http://127.0.0.1:51004/callback",
        ] {
            assert!(client.takes(uri), "{uri}");
        }
        for uri in [
            "https://app.example.com:8443/callback",
            "https://app.example.com/callback/",
            "https://app.example.com/callback?x",
            "http://127.0.0.1:51004/callback?x",
            "http://127.0.0.1:51004/other",
            "http://127.0.0.1:80@evil.example/callback",
            "http://evil@127.0.0.1:51004/callback",
            "http://localhost:51004/callback",
            "https://127.0.0.1:51004/callback",
            "http://127.0.0.1:51004/callback#x",
            "",
        ] {
            assert!(!client.takes(uri), "{uri}");
        }
    }
}
