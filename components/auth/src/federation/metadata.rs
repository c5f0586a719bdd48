//! What a provider says of itself: its endpoints (OpenID Connect Discovery 1.0, RFC 8414) and its keys, both kept by
//! each instance for a while.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, USER_AGENT};
use serde::Deserialize;

use super::config::is_secure;
use super::keys::Keys;
use super::{Failure, Provider};
use shared::http_client;

/// How long what a provider said is believed without asking again.
const MAX_AGE: Duration = Duration::from_secs(10 * 60);
/// How often at most keys are asked for because of a token that names one we do not know.
const PATIENCE: Duration = Duration::from_secs(5);
/// More than any configuration has; a limit on what an instance keeps.
const CAPACITY: usize = 64;

/// A provider's endpoints, and how it wants to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    #[serde(default)]
    jwks_uri: String,
    pub userinfo_endpoint: Option<String>,
    /// Whether its answers name it, RFC 9207.
    #[serde(default, rename = "authorization_response_iss_parameter_supported")]
    pub names_itself: bool,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Metadata {
    /// Whether our secret goes into the body. Where it says nothing, it goes into a header.
    pub fn wants_secret_in_body(&self) -> bool {
        let methods = &self.token_endpoint_auth_methods_supported;
        let takes = |name: &str| methods.iter().any(|method| method == name);
        takes("client_secret_post") && !takes("client_secret_basic")
    }

    /// The issuer must be the one that was asked, to the letter: else one provider could speak for another.
    fn check(self, issuer: &str) -> Result<Self, Failure> {
        if self.issuer != issuer {
            return Err(Failure::Metadata("names another issuer"));
        }
        let userinfo = self.userinfo_endpoint.as_ref();
        let endpoints = [
            &self.authorization_endpoint,
            &self.token_endpoint,
            &self.jwks_uri,
        ];
        if !endpoints
            .into_iter()
            .chain(userinfo)
            .all(|url| is_secure(url))
        {
            return Err(Failure::Metadata("names an endpoint that is no https URL"));
        }
        Ok(self)
    }
}

/// What was fetched from where, and when.
struct Cache<T>(LazyLock<Mutex<Entries<T>>>);

type Entries<T> = HashMap<String, (Instant, Arc<T>)>;

impl<T> Cache<T> {
    const fn new() -> Self {
        Self(LazyLock::new(Mutex::default))
    }

    fn get(&self, url: &str, max_age: Duration) -> Option<Arc<T>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, value) = entries.get(url)?;
        (at.elapsed() < max_age).then(|| value.clone())
    }

    fn put(&self, url: &str, value: T) -> Arc<T> {
        let value = Arc::new(value);
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CAPACITY {
            entries.clear();
        }
        entries.insert(url.to_owned(), (Instant::now(), value.clone()));
        value
    }
}

static METADATA: Cache<Metadata> = Cache::new();
static KEYS: Cache<Keys> = Cache::new();

/// The provider's endpoints: as configured, or as it says.
pub async fn of(provider: &Provider) -> Result<Arc<Metadata>, Failure> {
    let jwks_uri = provider.jwks_uri.clone();
    let configured = (&provider.authorization_endpoint, &provider.token_endpoint);
    if let (Some(authorization_endpoint), Some(token_endpoint)) = configured
        && (jwks_uri.is_some() || !provider.is_oidc())
    {
        return Ok(Arc::new(Metadata {
            issuer: provider.issuer.clone(),
            authorization_endpoint: authorization_endpoint.clone(),
            token_endpoint: token_endpoint.clone(),
            jwks_uri: jwks_uri.unwrap_or_default(),
            userinfo_endpoint: provider.userinfo_endpoint.clone(),
            names_itself: false,
            token_endpoint_auth_methods_supported: match provider.is_oidc() {
                true => Vec::new(),
                false => vec!["client_secret_post".to_owned()],
            },
        }));
    }
    let base = provider.issuer.trim_end_matches('/');
    let url = format!("{base}/.well-known/openid-configuration");
    if let Some(metadata) = METADATA.get(&url, MAX_AGE) {
        return Ok(metadata);
    }
    let metadata: Metadata = serde_json::from_slice(&get(&url).await?)
        .map_err(|_| Failure::Metadata("is no discovery document"))?;
    Ok(METADATA.put(&url, metadata.check(&provider.issuer)?))
}

/// The provider's keys; `newer` than those that did not do, unless they are as good as new.
pub async fn keys(metadata: &Metadata, newer: bool) -> Result<Arc<Keys>, Failure> {
    let url = &metadata.jwks_uri;
    let max_age = if newer { PATIENCE } else { MAX_AGE };
    if let Some(keys) = KEYS.get(url, max_age) {
        return Ok(keys);
    }
    let keys = Keys::parse(&get(url).await?);
    let keys = keys.ok_or(Failure::Metadata("has no JSON Web Key Set"))?;
    Ok(KEYS.put(url, keys))
}

async fn get(url: &str) -> Result<Bytes, Failure> {
    let request = Request::get(url)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "selvedge")
        .body(Bytes::new());
    let request = request.map_err(|_| Failure::Metadata("has an address that is none"))?;
    let response = http_client::send(request).await?;
    match response.status().as_u16() {
        200 => Ok(response.into_body()),
        status => Err(Failure::Status(status)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(json: &serde_json::Value) -> Metadata {
        serde_json::from_value(json.clone()).unwrap()
    }

    fn document() -> serde_json::Value {
        json!({
            "issuer": "https://id.example",
            "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://id.example/keys",
        })
    }

    #[test]
    fn a_provider_speaks_for_itself_alone() {
        assert!(metadata(&document()).check("https://id.example").is_ok());
        for other in [
            "https://id.example/",
            "https://ID.example",
            "https://other.example",
        ] {
            assert!(metadata(&document()).check(other).is_err(), "{other}");
        }
    }

    #[test]
    fn endpoints_that_others_can_listen_to_are_refused() {
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "userinfo_endpoint",
        ] {
            let mut document = document();
            document[name] = json!("http://id.example/x");
            assert!(
                metadata(&document).check("https://id.example").is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_secret_goes_into_the_body_only_where_it_must() {
        for (methods, in_body) in [
            (json!([]), false),
            (json!(["client_secret_post", "client_secret_basic"]), false),
            (json!(["client_secret_post"]), true),
        ] {
            let mut document = document();
            document["token_endpoint_auth_methods_supported"] = methods;
            assert_eq!(metadata(&document).wants_secret_in_body(), in_body);
        }
    }
}
