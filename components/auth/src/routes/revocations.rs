//! `GET http://auth.spin.internal/internal/revocations?after=`: what ended lately, for the guards in front of the other
//! components. No route of the manifest leads here from outside.

use serde::{Deserialize, Serialize};
use shared::{Json, Query, Result, clock};

use crate::store::revocations;

/// How many are told at once.
const COUNT: u32 = 1000;

/// What the guard knows already.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The number of the last revocation it was told; 0 for none.
    after: i64,
}

/// What it does not know yet.
#[derive(Debug, Serialize)]
pub struct Told {
    /// Ids of sessions, `ses_…`, of versions of somebody's roles, `usr_…#3`, of organisations and places in them, `org_…#7` and
    /// `org_…/usr_…#9`, and of keys that sign, `key/…`.
    revoked: Vec<String>,
    /// What to ask for next.
    last: i64,
    /// Whether to do so at once.
    more: bool,
}

/// Tells what was revoked since.
pub async fn list(Query(known): Query<Known>) -> Result<Json<Told>> {
    let found = revocations::after(known.after, COUNT, clock::now())?;
    Ok(Json(Told {
        last: found.last().map_or(known.after, |latest| latest.number),
        more: found.len() as u64 == u64::from(COUNT),
        revoked: found.into_iter().map(|found| found.object).collect(),
    }))
}
