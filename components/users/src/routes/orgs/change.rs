//! `PATCH /v1/orgs/{id}`: another name, or other networks, by those who look after the organisation. Networks can be
//! cleared by whoever has the permission `organizations.manage` as well: the way back in for all who locked themselves out.

use axum::response::IntoResponse;
use serde::Deserialize;
use shared::network::ClientAddr;
use shared::{
    Caller, ETag, FieldError, IfMatch, Json, MemberRole, OrganizationId, Path, Problem, Result,
    clock,
};

use super::{Shown, governed, no_organization, require_oneself};
use crate::news;
use crate::organization::{check_name, check_networks};
use crate::store::{DB, organizations};

/// The permission to let everybody in again.
const MANAGE: &str = "organizations.manage";

/// What a client says. What is absent stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    name: Option<String>,
    networks: Option<Vec<String>>,
}

impl Patch {
    /// Whether all it does is to let everybody in.
    fn only_opens(&self) -> bool {
        self.name.is_none() && self.networks.as_ref().is_some_and(Vec::is_empty)
    }
}

/// Changes it.
pub async fn change(
    caller: Caller,
    from: ClientAddr,
    if_match: IfMatch,
    Path(id): Path<OrganizationId>,
    Json(patch): Json<Patch>,
) -> Result<impl IntoResponse> {
    require_oneself(&caller)?;
    let patch = check(patch, &from)?;
    let now = clock::now();
    let (changed, role) = DB.transaction(|tx| {
        let (before, role) = match patch.only_opens() && caller.may(MANAGE) {
            true => (
                organizations::find(tx, id)?.ok_or_else(no_organization)?,
                None,
            ),
            false => {
                let (before, role) = governed(tx, (&caller, &from), id, MemberRole::Admin)?;
                (before, Some(role))
            }
        };
        if_match.check(before.version)?;
        let (name, networks) = (patch.name.as_deref(), patch.networks.as_deref());
        let changed = organizations::change(tx, id, name, networks, now)?;
        let changed = changed.ok_or_else(no_organization)?;
        if changed.networks() != before.networks() {
            news::organization(tx, &changed, now)?;
        }
        Ok::<_, Problem>((changed, role))
    })?;
    news::tell().await;
    Ok((ETag::of(changed.version), Json(Shown::new(changed, role))))
}

/// Every mistake at once. Networks without the caller's own address would be a mistake as well.
fn check(patch: Patch, from: &ClientAddr) -> Result<Patch> {
    let mut errors = Vec::new();
    let name = patch.name.as_deref().map(check_name).transpose();
    let name = name.unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    if let Some(list) = &patch.networks {
        match check_networks(list) {
            Ok(networks) if !from.is_in(&networks) => errors.push(FieldError::new(
                "networks",
                "must contain the address that you are asking from, or you would lock yourself out",
            )),
            Ok(_) => {}
            Err(error) => errors.push(error),
        }
    }
    match errors.is_empty() {
        true => Ok(Patch { name, ..patch }),
        false => Err(Problem::invalid(errors)),
    }
}
