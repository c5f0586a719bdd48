//! The access token in a browser's cookies.

use relay::Entries;
use shared::cookie::{self, ACCESS, REFRESH};

use crate::refusal::Refusal;

/// Whether the request has a cookie by which somebody is, or can get to be, signed in.
pub fn is_there(headers: &Entries) -> bool {
    [ACCESS, REFRESH]
        .iter()
        .any(|name| cookie::all(headers.all("cookie"), name).next().is_some())
}

/// The access token, if there is one.
pub fn token(headers: &Entries) -> Result<Option<&str>, Refusal> {
    if cookie::all(headers.all("cookie"), ACCESS).next().is_none() {
        return Ok(None);
    }
    cookie::only(headers.all("cookie"), ACCESS)
        .map(Some)
        .ok_or(Refusal::MalformedToken)
}
