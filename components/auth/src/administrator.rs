//! Who may run the application: the one door to everything that is not somebody's own.

use anyhow::Context;
use axum::extract::FromRequestParts;
use http::request::Parts;
use shared::caller::ADMIN;
use shared::network::Networks;
use shared::{Caller, Problem, Result, UserId, clock, variables};

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
        if !is_allowed(&origin).await? {
            return Err(Problem::forbidden(
                "Administrators are not let in from your network.",
            ));
        }
        Ok(Self {
            user: caller.user,
            origin,
        })
    }
}

/// Whether administrators may act as such from there, by the variable `admin_allowed_ips`. Where it cannot be
/// read nobody is let in. Nor is another component, which has no address: it acts for whoever asked it.
async fn is_allowed(origin: &Origin) -> Result<bool> {
    let text = variables::get("admin_allowed_ips").await?;
    let networks: Networks = text
        .parse()
        .context("admin_allowed_ips")
        .map_err(Problem::internal)?;
    let address = origin.ip.as_deref().and_then(|ip| ip.parse().ok());
    Ok(networks.is_empty() || address.is_some_and(|address| networks.contain(address)))
}
