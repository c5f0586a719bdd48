//! Asks a provider whose the code is that a browser brought back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::Timestamp;

use super::id_token::{self, Expected, Refusal, Subject};
use super::metadata::{self, Metadata};
use super::{Flight, Person, Provider, github};
use shared::http_client;

/// What a browser brings back, RFC 6749 section 4.1.2.
#[derive(Deserialize)]
pub struct Answer {
    pub state: Option<String>,
    code: Option<String>,
    /// Who answers, RFC 9207.
    iss: Option<String>,
    error: Option<String>,
}

/// Why nobody was vouched for: for the log, without anything that was sent.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Whose mind changed, or whose provider refused.
    #[error("the provider let nobody in")]
    Denied,
    #[error("the answer is of another provider than was asked, or does not say of which")]
    MixedUp,
    #[error("the provider {0}")]
    Metadata(&'static str),
    #[error("the provider answered {0}")]
    Status(u16),
    #[error("the provider did not say what was asked")]
    Incomplete,
    #[error(transparent)]
    IdToken(#[from] Refusal),
    #[error(transparent)]
    Exchange(#[from] http_client::Failure),
}

/// What the token endpoint gives.
#[derive(Deserialize)]
struct Tokens {
    access_token: Option<String>,
    id_token: Option<String>,
}

/// Whom the provider vouches for to the browser on this flight.
pub async fn identify(
    provider: &Provider,
    answer: &Answer,
    flight: &Flight,
    now: Timestamp,
) -> Result<Person, Failure> {
    let metadata = metadata::of(provider).await?;
    let is_named = answer.iss.as_deref() == Some(&provider.issuer);
    if !is_named && (answer.iss.is_some() || metadata.names_itself) {
        return Err(Failure::MixedUp);
    }
    if answer.error.is_some() {
        return Err(Failure::Denied);
    }
    let code = answer.code.as_deref().ok_or(Failure::Incomplete)?;
    let tokens: Tokens = read(redemption(provider, &metadata, code, flight)?).await?;
    let subject = if provider.is_oidc() {
        oidc_subject(provider, &metadata, tokens, flight, now).await?
    } else {
        let token = tokens.access_token.ok_or(Failure::Incomplete)?;
        github::subject(&metadata, &token).await?
    };
    Ok(Person {
        provider: provider.id.clone(),
        issuer: provider.issuer.clone(),
        subject: subject.sub,
        verified_email: subject.email.filter(|_| subject.email_verified),
        name: subject.name,
    })
}

/// RFC 6749 section 4.1.3, with RFC 7636.
fn redemption(
    provider: &Provider,
    metadata: &Metadata,
    code: &str,
    flight: &Flight,
) -> Result<Request<Bytes>, Failure> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", &provider.callback)
        .append_pair("code_verifier", &flight.code_verifier());
    let mut request = Request::post(&metadata.token_endpoint)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "selvedge");
    match &provider.secret {
        Some(secret) if !metadata.wants_secret_in_body() => {
            request = request.header(AUTHORIZATION, basic(&provider.client_id, secret)?);
        }
        secret => {
            form.append_pair("client_id", &provider.client_id);
            if let Some(secret) = secret {
                form.append_pair("client_secret", secret);
            }
        }
    }
    let request = request.body(form.finish().into());
    request.map_err(|_| Failure::Metadata("has an address that is none"))
}

/// Whom the ID token is about; of what it leaves out, the provider's userinfo tells more.
async fn oidc_subject(
    provider: &Provider,
    metadata: &Metadata,
    tokens: Tokens,
    flight: &Flight,
    now: Timestamp,
) -> Result<Subject, Failure> {
    let id_token = tokens.id_token.ok_or(Failure::Incomplete)?;
    let expected = Expected {
        issuer: &provider.issuer,
        client_id: &provider.client_id,
        nonce: &flight.nonce(),
    };
    let now = now.as_seconds();
    let keys = metadata::keys(metadata, false).await?;
    let subject = match id_token::verify(&id_token, &keys, &expected, now) {
        Err(Refusal::UnknownKey) => {
            let keys = metadata::keys(metadata, true).await?;
            id_token::verify(&id_token, &keys, &expected, now)?
        }
        judged => judged?,
    };
    let (None, Some(token), Some(url)) = (
        &subject.email,
        &tokens.access_token,
        &metadata.userinfo_endpoint,
    ) else {
        return Ok(subject);
    };
    let told: Subject = ask(url, token).await?;
    // OpenID Connect Core section 5.3.2: else it may be of somebody else.
    if told.sub == subject.sub {
        Ok(told)
    } else {
        Err(Failure::Incomplete)
    }
}

/// What a provider's API tells whom this token is of.
pub(super) async fn ask<T: DeserializeOwned>(url: &str, token: &str) -> Result<T, Failure> {
    let mut bearer =
        HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| Failure::Incomplete)?;
    bearer.set_sensitive(true);
    let request = Request::get(url)
        .header(AUTHORIZATION, bearer)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "selvedge")
        .body(Bytes::new());
    read(request.map_err(|_| Failure::Metadata("has an address that is none"))?).await
}

async fn read<T: DeserializeOwned>(request: Request<Bytes>) -> Result<T, Failure> {
    let response = http_client::send(request).await?;
    match response.status().as_u16() {
        200 => serde_json::from_slice(response.body()).map_err(|_| Failure::Incomplete),
        status => Err(Failure::Status(status)),
    }
}

/// RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
fn basic(id: &str, secret: &str) -> Result<HeaderValue, Failure> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
    let value = HeaderValue::try_from(format!("Basic {pair}"));
    let mut value = value.map_err(|_| Failure::Metadata("has a secret that cannot be sent"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_with_a_colon_stays_one() {
        let header = basic("a b", "c:d").unwrap();
        let pair = header.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(pair).unwrap(), b"a+b:c%3Ad");
        assert!(header.is_sensitive());
    }
}
