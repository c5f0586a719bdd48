//! `POST /v1/auth/accounts/{id}/impersonate`: a token to see what somebody sees, for an hour and no longer.

use axum::response::IntoResponse;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::{
    FieldError, IfMatch, Json, Path, Problem, Result, SessionId, Timestamp, UserId, clock,
    permission,
};

use super::show;
use crate::authority::Authority;
use crate::impersonation;
use crate::issuer::Issuer;
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::outbox;
use crate::permission::AccountsImpersonate;
use crate::permitted::Permitted;
use crate::step_up::require_recent;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, sessions};

/// In characters.
const REASON_LIMIT: usize = 200;

/// What an administrator says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// For the audit, and whoever reads it later.
    reason: String,
}

/// There is no refresh token: when the hour is over, so is this.
#[derive(Serialize)]
struct Impersonation {
    access_token: String,
    token_type: &'static str,
    /// In seconds.
    expires_in: u64,
    expires_at: Timestamp,
    session: SessionId,
    user: UserId,
    actor: UserId,
}

/// Begins a session as somebody else, who is told. Never as an administrator, as somebody who may do what the caller
/// may not, or as oneself; and with none of the roles that the other one has.
pub async fn begin(
    permitted: Permitted<AccountsImpersonate>,
    if_match: IfMatch,
    Path(id): Path<UserId>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    let (_, own) = require_recent(&permitted.caller, now)?;
    let reason = body.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_LIMIT {
        let error = FieldError::new("reason", "must have 1 to 200 characters");
        return Err(Problem::invalid(vec![error]));
    }
    let authority = Authority::load().await?;
    let issuer = Issuer::load(now).await?;
    let (account, session) = DB.transaction(|tx| {
        show::check(&if_match, tx, id, &authority)?;
        let target = authority.over(tx, &permitted.caller, id)?;
        if id == permitted.user || target.rights.permissions.contains(permission::ALL) {
            return Err(Problem::forbidden("Nobody acts as an administrator."));
        }
        if target.account.disabled_at.is_some() {
            return Err(Problem::conflict("This account is disabled."));
        }
        let ends = now.plus(impersonation::LIFETIME);
        let session = sessions::begin_as(tx, id, (permitted.user, own.id), ends, now)?;
        let session = session.ok_or_else(|| Problem::unauthorized("Your session has ended."))?;
        mail::notify(
            tx,
            &target.account,
            Notice::Impersonated,
            &Origin::NOWHERE,
            now,
        )?;
        let entry = Entry::about(Event::ImpersonationStarted, id)
            .with_actor(permitted.user)
            .with_object(&session.id)
            .with_detail(json!({"reason": reason}));
        audit::record(tx, &entry, &permitted.origin, now)?;
        Ok((target.account, session))
    })?;
    outbox::deliver_soon();
    let answer = Impersonation {
        access_token: issuer.impersonation(&account, &session, permitted.user, now)?,
        token_type: "Bearer",
        expires_in: impersonation::LIFETIME.as_secs(),
        expires_at: now.plus(impersonation::LIFETIME),
        session: session.id,
        user: id,
        actor: permitted.user,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}
