//! `POST /v1/orgs`: a new organisation, which the caller owns.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use shared::{Caller, ETag, Json, MemberRole, Problem, Result, clock};

use super::{Shown, require_oneself, require_proven};
use crate::news;
use crate::organization::{LIMIT, check_name};
use crate::store::{DB, members, organizations};

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    name: String,
}

/// Makes an organisation. 409 where the caller is in as many as one may be.
pub async fn create(caller: Caller, Json(body): Json<Body>) -> Result<impl IntoResponse> {
    require_oneself(&caller)?;
    require_proven(&caller)?;
    let name = check_name(&body.name).map_err(|error| Problem::invalid(vec![error]))?;
    let now = clock::now();
    let made = DB.transaction(|tx| {
        if members::count_of(tx, caller.user)? >= LIMIT {
            let detail = format!("You are in {LIMIT} organisations already. Leave one.");
            return Err(Problem::conflict(detail));
        }
        let made = organizations::create(tx, &name, now)?
            .ok_or_else(|| Problem::internal(anyhow::anyhow!("an insert returned no row")))?;
        members::put(tx, made.id, caller.user, MemberRole::Owner, now)?;
        news::organization(tx, &made, now)?;
        news::member(tx, made.id, caller.user, Some(MemberRole::Owner), now)?;
        Ok(made)
    })?;
    news::tell().await;
    let version = ETag::of(made.version);
    let shown = Json(Shown::new(made, Some(MemberRole::Owner)));
    Ok((StatusCode::CREATED, version, shown))
}
