//! `GET /v1/auth/factors`: what the caller's account can be proven with besides the first factor.

use serde::Serialize;
use shared::{Caller, Json, Result, clock};

use super::live_session;
use crate::factor;
use crate::store::{DB, recovery_codes};

/// What there is.
#[derive(Serialize)]
pub struct Shown {
    methods: Vec<factor::Factor>,
    recovery_codes_left: u32,
}

/// Shows it; never a secret.
pub async fn show(caller: Caller) -> Result<Json<Shown>> {
    live_session(&caller, clock::now())?;
    let connection = DB.connect()?;
    Ok(Json(Shown {
        methods: factor::of(connection, caller.user)?,
        recovery_codes_left: recovery_codes::count(connection, caller.user)?,
    }))
}
