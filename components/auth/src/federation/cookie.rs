//! The cookie by which a browser is known again when it comes back from a provider. It signs nobody in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use shared::{Problem, Result};

use super::{FLIGHT_LIFETIME, Provider};

/// With the prefix no neighbour of the domain can set it, and no connection without TLS.
const SECURE: &str = "__Host-selvedge-flight";
/// For development without TLS.
const PLAIN: &str = "selvedge-flight";

fn is_secure(provider: &Provider) -> bool {
    provider.callback.starts_with("https:")
}

/// The browser's secret, if it has one of ours.
pub fn read(headers: &HeaderMap, provider: &Provider) -> Option<String> {
    let name = if is_secure(provider) { SECURE } else { PLAIN };
    let cookies = headers.get_all(COOKIE).iter();
    let pairs = cookies.filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';'));
    let value = pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))?;
    let is_ours = |bytes: Vec<u8>| bytes.len() == 32;
    URL_SAFE_NO_PAD
        .decode(value)
        .is_ok_and(is_ours)
        .then(|| value.to_owned())
}

/// The header that has the browser keep its secret. `Lax`, since it comes back from another site.
pub fn set(secret: &str, provider: &Provider) -> Result<HeaderValue> {
    let (name, secure) = match is_secure(provider) {
        true => (SECURE, "; Secure"),
        false => (PLAIN, ""),
    };
    let seconds = FLIGHT_LIFETIME.as_secs();
    let cookie =
        format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::try_from(cookie).map_err(Problem::internal)
}
