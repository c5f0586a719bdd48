//! `GET /v1/auth/oauth2/userinfo`: whom an application's access token is of, OpenID Connect Core section 5.3. The guard
//! does not take these tokens, so they are judged here.

use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use shared::{Json, Problem, Result, Timestamp, clock};

use crate::account::Account;
use crate::authorization::{Profile, Provider, Shown};
use crate::federation::Keys;
use crate::keyring::Keyring;
use crate::store::{DB, accounts, oauth_grants};

/// Says it, as far as the application may see.
pub async fn show(headers: HeaderMap) -> Result<Response> {
    let now = clock::now();
    let shown = match bearer(&headers) {
        Some(token) => read(token, now).await?,
        None => None,
    };
    let shown = shown.ok_or_else(invalid)?;
    let account = owner(&shown)?.ok_or_else(invalid)?;
    if !shown.scope.has("openid") {
        return Err(refusal(
            Problem::forbidden("This takes the scope openid."),
            "insufficient_scope",
        ));
    }
    Ok(Json(Profile::new(&account, &shown.scope)).into_response())
}

/// The access token that this text is, if it is a good one of ours.
pub async fn read(text: &str, now: Timestamp) -> Result<Option<Shown>> {
    let provider = Provider::load().await?;
    let keys = json!({"keys": Keyring::load().await?.published(now)?}).to_string();
    let keys = Keys::parse(keys.as_bytes()).unwrap_or_default();
    Ok(Shown::read(text, &keys, &provider, now))
}

/// The account that the token is of, as long as the application's session goes on.
fn owner(shown: &Shown) -> Result<Option<Account>> {
    let connection = DB.connect()?;
    let grant = oauth_grants::of_session(connection, shown.sid)?;
    if grant.is_none_or(|grant| grant.client_id != shown.client_id) {
        return Ok(None);
    }
    let account = accounts::find(connection, shown.sub)?;
    Ok(account.filter(|account| account.disabled_at.is_none()))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn invalid() -> Problem {
    let problem = Problem::unauthorized("The access token is not valid here, or is over.");
    refusal(problem, "invalid_token")
}

/// RFC 6750 section 3.1.
fn refusal(problem: Problem, error: &str) -> Problem {
    let challenge = HeaderValue::try_from(format!("Bearer error=\"{error}\""));
    let challenge = challenge.unwrap_or(HeaderValue::from_static("Bearer"));
    problem.with_header(WWW_AUTHENTICATE, challenge)
}
