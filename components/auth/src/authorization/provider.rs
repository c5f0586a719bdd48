//! Who we are to applications: the variable `issuer`, which has to be an address for that.

use serde::Serialize;
use shared::{Problem, Result, variables};

use super::scope::KNOWN;
use crate::federation::is_secure;

/// Us, as a provider.
pub struct Provider {
    pub issuer: String,
    /// Whom the guard takes tokens for.
    pub audience: String,
    /// The address of our userinfo, and with it the audience of applications' tokens.
    pub userinfo: String,
    /// The page of the team where people sign in and consent.
    login_url: String,
}

/// OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2.
#[derive(Debug, Serialize)]
pub struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    revocation_endpoint: String,
    jwks_uri: String,
    scopes_supported: &'static [&'static str],
    response_types_supported: &'static [&'static str],
    response_modes_supported: &'static [&'static str],
    grant_types_supported: &'static [&'static str],
    subject_types_supported: &'static [&'static str],
    id_token_signing_alg_values_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: &'static [&'static str],
    revocation_endpoint_auth_methods_supported: &'static [&'static str],
    code_challenge_methods_supported: &'static [&'static str],
    claims_supported: &'static [&'static str],
    /// RFC 9207.
    authorization_response_iss_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
}

const AUTHENTICATION: &[&str] = &["client_secret_basic", "client_secret_post", "none"];
const CLAIMS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "amr",
    "acr",
    "sid",
    "nonce",
    "email",
    "email_verified",
    "name",
];

impl Provider {
    /// Us; 404 where the application is configured to be no provider.
    pub async fn load() -> Result<Self> {
        let issuer = variables::get("issuer").await?;
        if !is_secure(&issuer) || issuer.contains(['?', '#']) {
            return Err(Problem::not_found(
                "This is no OpenID provider: for that its variable `issuer` has to be the address at which it is \
                 reached.",
            ));
        }
        let mut login_url = variables::get("login_url").await?;
        if login_url.is_empty() {
            let public_url = variables::get("public_url").await?;
            login_url = format!("{}/authorize", public_url.trim_end_matches('/'));
        }
        Ok(Self::new(
            issuer,
            variables::get("audience").await?,
            login_url,
        ))
    }

    /// Us, with these variables.
    pub fn new(issuer: String, audience: String, login_url: String) -> Self {
        Self {
            userinfo: endpoint(&issuer, "userinfo"),
            issuer,
            audience,
            login_url,
        }
    }

    /// Where the browser is sent for consent. Behind the `#` no server and no log sees the request's secret.
    pub fn consent_page(&self, request: &str) -> String {
        format!("{}#request={request}", self.login_url)
    }

    /// What applications find out about us. `algorithm` is what tokens are signed with.
    pub fn metadata(&self, algorithm: &'static str) -> Metadata {
        let base = self.issuer.trim_end_matches('/');
        Metadata {
            issuer: self.issuer.clone(),
            authorization_endpoint: endpoint(base, "authorize"),
            token_endpoint: endpoint(base, "token"),
            userinfo_endpoint: self.userinfo.clone(),
            revocation_endpoint: endpoint(base, "revoke"),
            jwks_uri: format!("{base}/.well-known/jwks.json"),
            scopes_supported: &KNOWN,
            response_types_supported: &["code"],
            response_modes_supported: &["query"],
            grant_types_supported: &["authorization_code", "refresh_token"],
            subject_types_supported: &["public"],
            id_token_signing_alg_values_supported: [algorithm],
            token_endpoint_auth_methods_supported: AUTHENTICATION,
            revocation_endpoint_auth_methods_supported: AUTHENTICATION,
            code_challenge_methods_supported: &["S256"],
            claims_supported: CLAIMS,
            authorization_response_iss_parameter_supported: true,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
        }
    }
}

fn endpoint(issuer: &str, name: &str) -> String {
    format!("{}/v1/auth/oauth2/{name}", issuer.trim_end_matches('/'))
}
