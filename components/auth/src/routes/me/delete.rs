//! `DELETE /v1/auth/me`: ends the caller's account, as [`crate::deletion`] says.

use axum::response::IntoResponse;
use http::StatusCode;
use serde::Serialize;
use shared::{Caller, Json, Problem, Result, Timestamp, clock};

use crate::authority::Authority;
use crate::deletion;
use crate::origin::Origin;
use crate::step_up::require_recent;
use crate::store::DB;

#[derive(Serialize)]
struct Asked {
    /// When the account is removed for good. Until then signing in takes it back.
    deletion_at: Timestamp,
}

/// Ends all sessions, and remembers to remove the account. It takes a recent proof of who asks,
/// and another administrator besides the last.
pub async fn delete(caller: Caller, origin: Origin) -> Result<impl IntoResponse> {
    let now = clock::now();
    let (account, _) = require_recent(&caller, now)?;
    let deletion_at = now.plus(deletion::grace().await?);
    let authority = Authority::load().await?;
    DB.transaction(|tx| {
        authority.keep_one(tx, account.id)?;
        Ok::<_, Problem>(deletion::ask(tx, &account, deletion_at, &origin, now)?)
    })?;
    Ok((StatusCode::ACCEPTED, Json(Asked { deletion_at })))
}
