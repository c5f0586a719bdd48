//! GitHub, which speaks OAuth 2.0 without OpenID Connect: who somebody is, its API tells.

use serde::Deserialize;

use super::Failure;
use super::id_token::Subject;
use super::identify::ask;
use super::metadata::Metadata;

#[derive(Deserialize)]
struct User {
    /// Stays when the login changes.
    id: u64,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Email {
    email: String,
    primary: bool,
    verified: bool,
}

/// Whose token it is. The address is the primary one if it is verified, and none of the others.
pub async fn subject(metadata: &Metadata, token: &str) -> Result<Subject, Failure> {
    let url = metadata.userinfo_endpoint.as_deref();
    let url = url.ok_or(Failure::Incomplete)?;
    let user: User = ask(url, token).await?;
    let emails: Vec<Email> = ask(&format!("{url}/emails"), token).await?;
    let primary = emails.into_iter().find(|email| email.primary);
    Ok(Subject {
        sub: user.id.to_string(),
        email_verified: primary.as_ref().is_some_and(|email| email.verified),
        email: primary.map(|email| email.email),
        name: user.name,
    })
}
