//! `POST /v1/auth/api-keys`: a new key. Its secret is in this answer, and in no other.

use axum::response::IntoResponse;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use shared::{Caller, ETag, Json, OrganizationId, Problem, Result, Timestamp, clock};

use super::{ShownOnce, no_key, owner, present};
use crate::api_key::{
    Areas, LIFETIME, LIMIT, Secret, check_expiry, check_name, check_rate_limit, check_scopes,
};
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::outbox;
use crate::step_up::{require_recent, require_still};
use crate::store::DB;
use crate::store::api_keys::{self, Terms};
use crate::store::audit::{self, Entry, Event};

/// What a client says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Which the key is to speak for; the caller where none is named.
    organization: Option<OrganizationId>,
    name: String,
    scopes: Vec<String>,
    /// Requests a minute; as many as it likes where none is named.
    rate_limit: Option<u32>,
    /// In 90 days where none is named; null for never.
    #[serde(default, deserialize_with = "present")]
    expires_at: Option<Option<Timestamp>>,
}

/// Makes a key. 409 where there are as many as there may be.
pub async fn create(
    caller: Caller,
    origin: Origin,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    let (account, session) = require_recent(&caller, now)?;
    let organization = body.organization;
    let terms = check(body, &Areas::load().await?, now)?;
    let secret = Secret::generate()?;
    let listed = DB.transaction(|tx| {
        require_still(tx, session.id)?;
        let owner = owner::chosen(tx, &caller, organization, &origin)?;
        if api_keys::count(tx, owner)? >= LIMIT {
            return Err(Problem::conflict("There are 50 keys already. Revoke one."));
        }
        let listed = api_keys::create(tx, owner, &terms, &secret, now)?.ok_or_else(no_key)?;
        let entry = Entry::by(Event::ApiKeyCreated, account.id)
            .with_object(&listed.id)
            .with_detail(json!({
                "organization": organization,
                "scopes": terms.scopes,
                "expires_at": terms.expires_at,
            }));
        audit::record(tx, &entry, &origin, now)?;
        mail::notify(tx, &account, Notice::ApiKeyAdded, &origin, now)?;
        Ok(listed)
    })?;
    outbox::deliver_soon();
    let version = ETag::of(listed.version);
    let shown = ShownOnce {
        key: listed.into(),
        secret: secret.text,
    };
    Ok((StatusCode::CREATED, version, Json(shown)))
}

/// Every mistake at once.
fn check(body: Body, areas: &Areas, now: Timestamp) -> Result<Terms> {
    let name = check_name(&body.name);
    let scopes = check_scopes(&body.scopes, areas);
    let rate_limit = body.rate_limit.map(check_rate_limit).transpose();
    let expires_at = body.expires_at.unwrap_or(Some(now.plus(LIFETIME)));
    let expires_at = expires_at.map(|at| check_expiry(at, now)).transpose();
    match (name, scopes, rate_limit, expires_at) {
        (Ok(name), Ok(scopes), Ok(rate_limit), Ok(expires_at)) => Ok(Terms {
            name,
            scopes,
            rate_limit,
            expires_at,
        }),
        (name, scopes, rate_limit, expires_at) => {
            let errors = [name.err(), scopes.err(), rate_limit.err(), expires_at.err()];
            Err(Problem::invalid(errors.into_iter().flatten().collect()))
        }
    }
}
