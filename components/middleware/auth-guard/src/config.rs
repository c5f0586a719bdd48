//! Where keys come from and whose tokens for whom are taken: the variables of the manifest.

use std::cell::OnceCell;

use spin_sdk::variables;

use crate::refusal::Refusal;
use crate::token::Expected;

/// What an operator sets.
pub struct Config {
    /// The address of the issuer's key set.
    pub jwks_url: String,
    /// What its tokens must say.
    pub expected: Expected,
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
    };
    // Two requests may both have come here; one configuration stays.
    Ok(CONFIG.with(|once| *once.get_or_init(|| Box::leak(Box::new(config)))))
}

async fn variable(name: &str) -> Result<String, Refusal> {
    variables::get(name).await.map_err(|error| {
        relay::report("auth-guard", &format!("no variable {name}"), &error);
        Refusal::KeysUnavailable
    })
}
