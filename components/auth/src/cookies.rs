//! How tokens reach a client: in the answer, or, for browsers that ask for it with the header `x-session: cookie`, in
//! cookies that no script can read. Whichever way somebody was let in, it is decided here.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use shared::cookie::{ACCESS, REFRESH};
use shared::{Json, Problem, Result, cookie};

use crate::access_token;
use crate::issuer::Tokens;
use crate::refresh_token::{self, RefreshToken};

/// By which a client says how it wants its tokens. No page of another site can set it unasked.
const SESSION: &str = "x-session";

/// Tokens on their way out, in the extensions of a response.
#[derive(Clone)]
pub struct Given {
    tokens: Arc<Tokens>,
    /// Whether they take the place of tokens that came in cookies.
    in_cookies: bool,
}

impl Given {
    pub fn new(tokens: Tokens, in_cookies: bool) -> Self {
        Self {
            tokens: Arc::new(tokens),
            in_cookies,
        }
    }
}

/// An answer that is written once it is known where the tokens go.
impl IntoResponse for Given {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts the tokens of an answer where the client wants them.
pub async fn deliver(request: Request, next: Next) -> Result<Response> {
    let wants_cookies = wants_cookies(request.headers())?;
    let mut response = next.run(request).await;
    let Some(given) = response.extensions_mut().remove::<Given>() else {
        return Ok(response);
    };
    let status = response.status();
    if !wants_cookies && !given.in_cookies {
        return Ok((status, Json(&*given.tokens)).into_response());
    }
    let tokens = &given.tokens;
    let mut response = (status, Json(tokens.without_secrets())).into_response();
    set(
        &mut response,
        ACCESS,
        tokens.access(),
        access_token::LIFETIME,
    )?;
    if let Some(token) = tokens.refresh() {
        set(&mut response, REFRESH, token, refresh_token::LIFETIME)?;
    }
    Ok(response)
}

/// Asked before anything is done: nobody should have a session whose tokens are not what they can use.
fn wants_cookies(headers: &HeaderMap) -> Result<bool> {
    match headers.get(SESSION).map(HeaderValue::as_bytes) {
        None => Ok(false),
        Some(b"cookie") => Ok(true),
        Some(_) => Err(Problem::bad_request("The header x-session can be: cookie.")),
    }
}

/// The refresh token that came in a cookie.
pub fn refresh_token(headers: &HeaderMap) -> Option<RefreshToken> {
    let values = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    cookie::only(values, REFRESH).map(|token| RefreshToken::of(token.to_owned()))
}

/// Makes a browser forget its tokens.
pub fn clear(response: &mut Response) -> Result<()> {
    for name in [ACCESS, REFRESH] {
        set(response, name, "", Duration::ZERO)?;
    }
    Ok(())
}

/// `Lax`, so that a link from elsewhere finds one signed in; the guard lets no other site change anything.
fn set(response: &mut Response, name: &str, value: &str, age: Duration) -> Result<()> {
    let age = age.as_secs();
    let cookie = format!("{name}={value}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Lax");
    let cookie = HeaderValue::try_from(cookie).map_err(Problem::internal)?;
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(())
}
