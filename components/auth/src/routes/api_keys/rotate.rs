//! `POST /v1/auth/api-keys/{id}/rotate`: another secret for the same key, shown once. For a while the one before is good
//! as well, so that programs can be changed one after the other.

use std::time::Duration;

use axum::response::IntoResponse;
use serde::Deserialize;
use shared::{Caller, ETag, FieldError, Json, Path, Problem, Result, clock};

use super::{ShownOnce, no_key, owner};
use crate::api_key::{ApiKeyId, LONGEST_OVERLAP, OVERLAP, Secret};
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::outbox;
use crate::step_up::{require_recent, require_still};
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, api_keys};

/// What a client says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// For how many seconds the secret before is good, a day unless it is said; 0 for one that leaked.
    overlap_seconds: Option<u32>,
}

/// Makes another secret. One that was in its overlap already is good no more.
pub async fn rotate(
    caller: Caller,
    origin: Origin,
    Path(id): Path<ApiKeyId>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    let (account, session) = require_recent(&caller, now)?;
    let overlap = body.overlap_seconds.map(u64::from);
    let overlap = overlap.map_or(OVERLAP, Duration::from_secs);
    if overlap > LONGEST_OVERLAP {
        let error = FieldError::new("overlap_seconds", "must be 30 days at most");
        return Err(Problem::invalid(vec![error]));
    }
    let secret = Secret::generate()?;
    let listed = DB.transaction(|tx| {
        require_still(tx, session.id)?;
        owner::require(tx, &caller, id, &origin)?;
        let rotated = api_keys::rotate(tx, id, &secret, now.plus(overlap))?;
        let listed = rotated.ok_or_else(no_key)?;
        let entry = Entry::by(Event::ApiKeyRotated, account.id).with_object(&id);
        audit::record(tx, &entry, &origin, now)?;
        mail::notify(tx, &account, Notice::ApiKeyChanged, &origin, now)?;
        Ok::<_, Problem>(listed)
    })?;
    outbox::deliver_soon();
    let version = ETag::of(listed.version);
    let shown = ShownOnce {
        key: listed.into(),
        secret: secret.text,
    };
    Ok((version, Json(shown)))
}
