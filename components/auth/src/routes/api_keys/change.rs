//! `PATCH /v1/auth/api-keys/{id}`: another name, other scopes, another limit or end, by the rules of a JSON merge
//! patch (RFC 7396): what is absent stays, what is null goes.

use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;
use shared::{Caller, ETag, IfMatch, Json, Path, Problem, Result, Timestamp, clock};

use super::{Shown, no_key, owner, present};
use crate::api_key::{ApiKeyId, Areas, check_expiry, check_name, check_rate_limit, check_scopes};
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::outbox;
use crate::step_up::require_recent;
use crate::store::DB;
use crate::store::api_keys::{self, Listed, Terms};
use crate::store::audit::{self, Entry, Event};

/// What a client says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    name: Option<String>,
    scopes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    rate_limit: Option<Option<u32>>,
    #[serde(default, deserialize_with = "present")]
    expires_at: Option<Option<Timestamp>>,
}

/// Changes a key. It takes as much as making one: a key with other scopes is another key.
pub async fn change(
    caller: Caller,
    origin: Origin,
    if_match: IfMatch,
    Path(id): Path<ApiKeyId>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    let (account, _) = require_recent(&caller, now)?;
    let areas = Areas::load().await?;
    let listed = DB.transaction(|tx| {
        owner::require(tx, &caller, id, &origin)?;
        let before = api_keys::find(tx, id)?.ok_or_else(no_key)?;
        if_match.check(before.version)?;
        let terms = merge(&body, before, &areas, now)?;
        let entry = Entry::by(Event::ApiKeyChanged, account.id)
            .with_object(&id)
            .with_detail(json!({"scopes": terms.scopes, "expires_at": terms.expires_at}));
        audit::record(tx, &entry, &origin, now)?;
        mail::notify(tx, &account, Notice::ApiKeyChanged, &origin, now)?;
        api_keys::change(tx, id, &terms)?.ok_or_else(no_key)
    })?;
    outbox::deliver_soon();
    Ok((ETag::of(listed.version), Json(Shown::from(listed))))
}

/// What it will be, or every mistake at once.
fn merge(body: &Body, before: Listed, areas: &Areas, now: Timestamp) -> Result<Terms> {
    let name = body.name.as_deref().map(check_name).transpose();
    let scopes = body.scopes.as_deref();
    let scopes = scopes.map(|names| check_scopes(names, areas)).transpose();
    let rate_limit = body.rate_limit.unwrap_or(before.rate_limit);
    let rate_limit = rate_limit.map(check_rate_limit).transpose();
    // An end that has passed may stay: such a key may still be renamed.
    let expires_at = match body.expires_at {
        Some(Some(at)) => check_expiry(at, now).map(Some),
        Some(None) => Ok(None),
        None => Ok(before.expires_at),
    };
    match (name, scopes, rate_limit, expires_at) {
        (Ok(name), Ok(scopes), Ok(rate_limit), Ok(expires_at)) => Ok(Terms {
            scopes: scopes.unwrap_or_else(|| before.scopes()),
            name: name.unwrap_or(before.name),
            rate_limit,
            expires_at,
        }),
        (name, scopes, rate_limit, expires_at) => {
            let errors = [name.err(), scopes.err(), rate_limit.err(), expires_at.err()];
            Err(Problem::invalid(errors.into_iter().flatten().collect()))
        }
    }
}
