//! Where keys come from and whose tokens for whom are taken: the variables of the manifest.

use std::cell::OnceCell;

use shared::network::Networks;
use spin_sdk::variables;

use crate::refusal::Refusal;
use crate::token::Expected;

/// What an operator sets.
pub struct Config {
    /// The address of the issuer's key set.
    pub jwks_url: String,
    /// What its tokens must say.
    pub expected: Expected,
    /// Where the issuer tells what it revoked; `None` where it does not, as other identity providers do not.
    pub revocations_url: Option<String>,
    /// Where API keys are judged; `None` where none are taken.
    pub api_keys_url: Option<String>,
    /// Whose pages may ask, as browsers name them: `https://app.example.com`.
    pub allowed_origins: Vec<String>,
    /// Where nobody is looked at, whatever they show: who comes for a new token may bring the old one. One that ends in
    /// `/*` is everything below.
    pub public_paths: Vec<String>,
    /// Where a change may go by an answer about revocations that is a second old, as reading may: asking before each
    /// costs more than a small change does.
    pub tolerant_paths: Vec<String>,
    /// From where roles count; from everywhere if none is named.
    pub admin_networks: Networks,
}

impl Config {
    /// Whether nobody is looked at here. Compared byte by byte, as the routes of components are.
    pub fn is_public(&self, path_with_query: &str) -> bool {
        holds(&self.public_paths, path_with_query)
    }

    /// Whether a change may be made here by a session that ended within the last second.
    pub fn is_tolerant(&self, path_with_query: &str) -> bool {
        holds(&self.tolerant_paths, path_with_query)
    }
}

fn holds(paths: &[String], path_with_query: &str) -> bool {
    let path = path_with_query.split('?').next().unwrap_or_default();
    paths.iter().any(|known| match known.strip_suffix('*') {
        Some(below) => below.ends_with('/') && path.starts_with(below),
        None => known == path,
    })
}

thread_local! {
    static CONFIG: OnceCell<&'static Config> = const { OnceCell::new() };
}

/// The configuration, read once an instance.
pub async fn get() -> Result<&'static Config, Refusal> {
    if let Some(config) = CONFIG.with(|config| config.get().copied()) {
        return Ok(config);
    }
    let config = Config {
        jwks_url: variable("jwks_url").await?,
        expected: Expected {
            issuer: variable("issuer").await?,
            audience: variable("audience").await?,
        },
        revocations_url: Some(optional("revocations_url").await?).filter(|url| !url.is_empty()),
        api_keys_url: Some(optional("api_keys_url").await?).filter(|url| !url.is_empty()),
        allowed_origins: list(&optional("allowed_origins").await?),
        public_paths: list(&optional("public_paths").await?),
        tolerant_paths: list(&optional("tolerant_paths").await?),
        admin_networks: networks(&optional("admin_allowed_ips").await?)?,
    };
    // Two requests may both have come here; one configuration stays.
    Ok(CONFIG.with(|once| *once.get_or_init(|| Box::leak(Box::new(config)))))
}

async fn variable(name: &str) -> Result<String, Refusal> {
    variables::get(name)
        .await
        .map_err(|error| missing(name, &error))
}

/// The variable's value, empty where the component is given no such variable.
async fn optional(name: &str) -> Result<String, Refusal> {
    match variables::get(name).await {
        Err(variables::Error::Undefined(_)) => Ok(String::new()),
        value => value.map_err(|error| missing(name, &error)),
    }
}

fn missing(name: &str, error: &variables::Error) -> Refusal {
    relay::report("auth-guard", &format!("no variable {name}"), error);
    Refusal::KeysUnavailable
}

/// Where they cannot be read, nobody who shows a token is let through: it cannot be known whose roles count.
fn networks(text: &str) -> Result<Networks, Refusal> {
    text.parse().map_err(|error| {
        relay::report("auth-guard", "admin_allowed_ips cannot be read", &error);
        Refusal::KeysUnavailable
    })
}

/// What is separated by space.
fn list(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_public_as_it_is_written_and_in_no_other_form() {
        let config = Config {
            jwks_url: String::new(),
            expected: Expected {
                issuer: String::new(),
                audience: String::new(),
            },
            revocations_url: None,
            api_keys_url: None,
            allowed_origins: Vec::new(),
            admin_networks: Networks::default(),
            public_paths: list("/v1/auth/sign-in\n  /v1/auth/refresh /v1/auth/oauth/* /v1/users*"),
            tolerant_paths: Vec::new(),
        };
        for path in [
            "/v1/auth/sign-in",
            "/v1/auth/refresh?a=b",
            "/v1/auth/oauth/acme/authorize?a=b",
        ] {
            assert!(config.is_public(path), "{path}");
        }
        for path in [
            "",
            "/",
            "/v1/auth",
            "/v1/auth/sign-in/",
            "/v1/auth/sign-in/x",
            "/v1/auth/./sign-in",
            "/v1/auth/SIGN-IN",
            "/x?/v1/auth/sign-in",
            "/v1/auth/oauth",
            "/v1/auth/oauth2/token",
            "/v1/users",
            "/v1/users/me",
        ] {
            assert!(!config.is_public(path), "{path}");
        }
    }
}
