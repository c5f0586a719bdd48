//! `POST /v1/auth/identities`: the code that a browser brought back from a provider, for a further way to sign in.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use shared::{Caller, Json, Problem, Result, clock};

use crate::federation::{self, Claim};
use crate::origin::Origin;
use crate::outbox;
use crate::step_up::{require_recent, require_still};
use crate::store::DB;

/// Links the identity to the caller's account. The account's address has to be proven: whoever made an account with
/// a stranger's address would else keep a way in after the stranger took it over.
pub async fn link(caller: Caller, origin: Origin, Json(claim): Json<Claim>) -> Result<Response> {
    let now = clock::now();
    let (account, session) = require_recent(&caller, now)?;
    if account.email_verified_at.is_none() {
        return Err(Problem::forbidden("Prove your address first."));
    }
    let identity = DB.transaction(|tx| {
        require_still(tx, session.id)?;
        let person = claim.take(tx, now)?;
        federation::link(tx, &account, &person, &origin, now)
    })?;
    outbox::deliver_soon();
    Ok((StatusCode::CREATED, Json(identity)).into_response())
}
