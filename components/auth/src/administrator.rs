//! Who may run the application: the one door to everything that is not somebody's own.

use axum::extract::FromRequestParts;
use http::request::Parts;
use shared::caller::ADMIN;
use shared::{Caller, Problem, Result, UserId, clock};

use crate::origin::Origin;
use crate::routes::live_session;

/// An administrator who is signed in, as an extractor; anybody else is refused.
#[derive(Debug)]
pub struct Administrator {
    pub user: UserId,
    pub origin: Origin,
}

impl<S: Sync> FromRequestParts<S> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let caller = <Caller as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let origin = Origin::from_request_parts(parts, state).await?;
        caller.require_role(ADMIN)?;
        live_session(&caller, clock::now())?;
        Ok(Self {
            user: caller.user,
            origin,
        })
    }
}
