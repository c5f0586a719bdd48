//! Who may run the application: the one door to everything that is not somebody's own.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use http::request::Parts;
use shared::{Caller, Problem, Result, UserId, clock};

use crate::origin::Origin;
use crate::permission::Permission;
use crate::routes::live_session;

/// Somebody who is signed in and has the permission `P`, as an extractor; anybody else is refused.
#[derive(Debug)]
pub struct Permitted<P> {
    pub user: UserId,
    pub caller: Caller,
    pub origin: Origin,
    permission: PhantomData<P>,
}

impl<S: Sync, P: Permission> FromRequestParts<S> for Permitted<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let caller = <Caller as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let origin = Origin::from_request_parts(parts, state).await?;
        caller.require(P::NAME)?;
        live_session(&caller, clock::now())?;
        Ok(Self {
            user: caller.user,
            caller,
            origin,
            permission: PhantomData,
        })
    }
}
