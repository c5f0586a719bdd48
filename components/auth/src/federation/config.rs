//! Which providers people may sign in with: the variables `identity_providers` and `identity_provider_secrets`.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use shared::{Problem, Result, variables};

/// A provider, as the operator describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What our addresses call it.
    pub id: String,
    #[serde(default, rename = "type")]
    kind: Kind,
    /// Who it says it is, to the letter; with OpenID Connect, the base of its discovery document.
    #[serde(default)]
    pub issuer: String,
    /// What it knows us by.
    pub client_id: String,
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Endpoints of a provider that has no discovery document: all but the last, or none.
    pub authorization_endpoint: Option<String>,
    pub token_endpoint: Option<String>,
    pub jwks_uri: Option<String>,
    pub userinfo_endpoint: Option<String>,
    /// What proves to it that we are we.
    #[serde(skip)]
    pub secret: Option<String>,
    /// Where it sends people back to.
    #[serde(skip)]
    pub callback: String,
}

/// What a provider speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// OpenID Connect.
    #[default]
    Oidc,
    /// OAuth 2.0 alone: who somebody is, GitHub's API tells.
    Github,
}

impl Provider {
    /// The provider of this id. 404 where none is configured.
    pub async fn find(id: &str) -> Result<Self> {
        let providers = variables::get("identity_providers").await?;
        let secrets = variables::get("identity_provider_secrets").await?;
        let api_url = variables::get("api_url").await?;
        let providers = read(&providers, &secrets, &api_url)
            .map_err(|cause| Problem::internal(anyhow::anyhow!(cause)))?;
        let mut providers = providers.into_iter();
        providers
            .find(|provider| provider.id == id)
            .ok_or_else(|| Problem::not_found("There is no such provider to sign in with."))
    }

    pub fn is_oidc(&self) -> bool {
        self.kind == Kind::Oidc
    }

    fn complete(mut self, secret: Option<String>, api_url: &str) -> Result<Self, String> {
        let id = self.id.clone();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if id.is_empty() || id.len() > 32 || !id.bytes().all(plain) {
            return Err(format!(
                "identity_providers: the id {id:?} is not 1 to 32 lower-case letters, digits and hyphens"
            ));
        }
        let or = |value: Option<String>, default: &str| value.or_else(|| Some(default.to_owned()));
        let mut scopes = vec!["openid", "email", "profile"];
        if self.kind == Kind::Github {
            if self.issuer.is_empty() {
                self.issuer = "https://github.com".to_owned();
            }
            let base = self.issuer.clone();
            self.authorization_endpoint = or(
                self.authorization_endpoint,
                &format!("{base}/login/oauth/authorize"),
            );
            self.token_endpoint = or(
                self.token_endpoint,
                &format!("{base}/login/oauth/access_token"),
            );
            self.userinfo_endpoint = or(self.userinfo_endpoint, "https://api.github.com/user");
            scopes = vec!["read:user", "user:email"];
        }
        if self.scopes.is_empty() {
            self.scopes = scopes.into_iter().map(str::to_owned).collect();
        }
        let endpoints = [
            Some(&self.issuer),
            self.authorization_endpoint.as_ref(),
            self.token_endpoint.as_ref(),
            self.jwks_uri.as_ref(),
            self.userinfo_endpoint.as_ref(),
        ];
        for url in endpoints.into_iter().flatten() {
            if !is_secure(url) {
                return Err(format!(
                    "identity_providers: {url:?} of {id} is no https URL"
                ));
            }
        }
        self.secret = secret;
        self.callback = format!(
            "{}/v1/auth/oauth/{id}/callback",
            api_url.trim_end_matches('/')
        );
        Ok(self)
    }
}

/// Whether nobody on the way can read what is sent to `url` or change what it answers: by TLS, or because there is
/// no way.
pub fn is_secure(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else {
        return false;
    };
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => ["localhost", "127.0.0.1", "[::1]"].contains(&host),
        _ => false,
    }
}

fn read(providers: &str, secrets: &str, api_url: &str) -> Result<Vec<Provider>, String> {
    let mut secrets: HashMap<String, String> = match secrets.trim() {
        "" => HashMap::new(),
        // The error's text could repeat a part of a secret.
        text => serde_json::from_str(text).map_err(|_| {
            "identity_provider_secrets is no JSON object of providers' ids and secrets".to_owned()
        })?,
    };
    let entries: Vec<Provider> = match providers.trim() {
        "" => Vec::new(),
        text => serde_json::from_str(text)
            .map_err(|error| format!("identity_providers cannot be read: {error}"))?,
    };
    let mut ids = HashSet::new();
    let providers = entries.into_iter().map(|entry| {
        if !ids.insert(entry.id.clone()) {
            return Err(format!("identity_providers: {:?} is there twice", entry.id));
        }
        let secret = secrets.remove(&entry.id);
        entry.complete(secret, api_url)
    });
    let providers = providers.collect();
    match secrets.into_keys().next() {
        Some(id) => Err(format!(
            "identity_provider_secrets names {id:?}, which identity_providers does not"
        )),
        None => providers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "https://api.example.com/";

    #[test]
    fn without_configuration_there_are_no_providers() {
        assert!(read("", "", API).unwrap().is_empty());
        assert!(read("[]", " ", API).unwrap().is_empty());
    }

    #[test]
    fn a_provider_is_an_issuer_and_what_it_knows_us_by() {
        let json = r#"[{"id": "acme", "issuer": "https://id.acme.example", "client_id": "c"}]"#;
        let provider = &read(json, r#"{"acme": "s"}"#, API).unwrap()[0];
        assert!(provider.is_oidc());
        assert_eq!(provider.secret.as_deref(), Some("s"));
        assert_eq!(provider.scopes, ["openid", "email", "profile"]);
        assert_eq!(
            provider.callback,
            "https://api.example.com/v1/auth/oauth/acme/callback"
        );
    }

    #[test]
    fn github_needs_no_more_than_a_client() {
        let json = r#"[{"id": "github", "type": "github", "client_id": "c"}]"#;
        let provider = &read(json, "", API).unwrap()[0];
        assert!(!provider.is_oidc());
        assert_eq!(provider.issuer, "https://github.com");
        assert_eq!(
            provider.token_endpoint.as_deref(),
            Some("https://github.com/login/oauth/access_token")
        );
    }

    #[test]
    fn what_would_not_work_or_not_be_safe_is_refused() {
        let one = |fields: &str| format!(r#"[{{"client_id": "c", {fields}}}]"#);
        let good = r#""id": "a", "issuer": "https://a.example""#;
        assert!(read(&one(good), "", API).is_ok());
        for fields in [
            r#""id": "A b", "issuer": "https://a.example""#,
            r#""id": "", "issuer": "https://a.example""#,
            r#""id": "a", "issuer": "http://a.example""#,
            r#""id": "a", "issuer": "http://localhost.example""#,
            r#""id": "a""#,
            r#""id": "a", "issuer": "https://a.example", "secret": "s""#,
            r#""id": "a", "issuer": "https://a.example", "jwks_uri": "http://a.example/keys""#,
        ] {
            assert!(read(&one(fields), "", API).is_err(), "{fields}");
        }
        let twice = format!(r#"[{{"client_id": "c", {good}}}, {{"client_id": "c", {good}}}]"#);
        assert!(read(&twice, "", API).is_err());
        assert!(read("{}", "", API).is_err());
    }

    #[test]
    fn a_mistake_in_the_secrets_shows_none_of_them() {
        for secrets in [r#"{"a": "hush"}"#, r#"["hush"]"#, "hush"] {
            let error = read("[]", secrets, API).unwrap_err();
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
