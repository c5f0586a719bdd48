//! Endpoints for other components of the application alone.
//!
//! They lie at paths that no route of the manifest leads to. Should one do so by mistake, this still tells
//! who asks: the host gives requests between components a client address that no other has.

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::{Problem, Result, network};

/// Extracted from a request of another component. For everybody else there is nothing at the address.
#[derive(Debug, Clone, Copy)]
pub struct Internal;

impl<S: Sync> FromRequestParts<S> for Internal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let mut addresses = parts.headers.get_all(network::CLIENT_ADDR).iter();
        let is_internal = addresses
            .next()
            .and_then(|address| address.to_str().ok())
            .is_some_and(network::is_internal);
        if is_internal && addresses.next().is_none() {
            Ok(Self)
        } else {
            Err(Problem::from_status(http::StatusCode::NOT_FOUND))
        }
    }
}
