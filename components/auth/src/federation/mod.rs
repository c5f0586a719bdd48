//! Signing in with an account that people have elsewhere. Their browser is sent to a provider and comes back with a
//! code; we ask the provider whose it is.
//!
//! The story, in order: [`config`] says which providers there are, [`redirect`] where people may be sent back to,
//! [`flight`] ties what comes back to the browser that left, [`metadata`] finds a provider's endpoints and keys,
//! [`identify`] asks it, [`id_token`] and [`github`] judge what it says, [`claim`] hands that on, once, to who left.

mod claim;
mod config;
pub mod cookie;
mod flight;
mod github;
mod id_token;
mod identify;
mod keys;
mod metadata;
mod redirect;
mod settle;

pub use claim::{Claim, check_challenge, keep};
pub use config::{Provider, is_secure};
pub use flight::{Flight, LIFETIME as FLIGHT_LIFETIME};
pub use identify::{Answer, Failure, identify};
pub use keys::Keys;
pub use redirect::{Redirects, with_outcome};
pub use settle::{account_of, link};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What is kept of a browser that left, until it comes back.
#[derive(Serialize, Deserialize)]
pub struct Begun {
    /// The id of the provider it left for.
    pub provider: String,
    /// Where it goes in the end.
    pub redirect_to: String,
    /// Of the application that sent it.
    pub code_challenge: String,
}

/// Whom a provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The id that the provider has in our configuration, which may change.
    pub provider: String,
    /// Who vouches; with the subject, what the person is known by for ever.
    pub issuer: String,
    pub subject: String,
    /// The address, if the provider says that it was proven there.
    pub verified_email: Option<String>,
    pub name: Option<String>,
}

/// Where to send a browser that leaves for `provider`.
pub async fn departure(provider: &Provider, flight: &Flight) -> Result<String, Failure> {
    let metadata = metadata::of(provider).await?;
    let callback = provider.callback.as_str();
    let (challenge, nonce) = (flight.code_challenge(), flight.nonce());
    let scope = provider.scopes.join(" ");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &provider.client_id)
        .append_pair("redirect_uri", callback)
        .append_pair("scope", &scope)
        .append_pair("state", &flight.state)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    if provider.is_oidc() {
        query.append_pair("nonce", &nonce);
    }
    let endpoint = &metadata.authorization_endpoint;
    let separator = if endpoint.contains('?') { '&' } else { '?' };
    Ok(format!("{endpoint}{separator}{}", query.finish()))
}

/// What proves, once the verifier is shown, who asked: RFC 7636 section 4.2.
pub fn code_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// Tells the log why a provider did not vouch for somebody. Nothing that was sent stands in it.
pub fn report(provider: &str, failure: &Failure) {
    use std::io::Write;

    let line = serde_json::json!({
        "level": "warn", "component": "auth", "message": "a sign-in with another provider failed",
        "provider": provider, "cause": failure.to_string(),
    });
    // In one write, so that lines do not mix.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
