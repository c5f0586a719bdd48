//! `PATCH /v1/auth/passkeys/{id}`: gives a passkey another name.

use serde::Deserialize;
use shared::{Caller, Json, Path, Problem, Result, clock};

use super::{Shown, check_name};
use crate::routes::live_session;
use crate::store::DB;
use crate::store::passkeys::{self, PasskeyId};

/// What a client says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    name: String,
}

/// Renames it. 404 for one of somebody else, as for one that never was.
pub async fn change(
    caller: Caller,
    Path(id): Path<PasskeyId>,
    Json(body): Json<Body>,
) -> Result<Json<Shown>> {
    live_session(&caller, clock::now())?;
    let name = check_name(&body.name).map_err(|error| Problem::invalid(vec![error]))?;
    let renamed = passkeys::rename(DB.connect()?, caller.user, id, &name)?;
    let renamed = renamed.ok_or_else(|| Problem::not_found("You have no such passkey."))?;
    Ok(Json(renamed.into()))
}
