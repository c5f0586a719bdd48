//! `DELETE /v1/orgs/{id}`: an end to an organisation, by an owner.

use axum::http::StatusCode;
use shared::network::ClientAddr;
use shared::{Caller, IfMatch, MemberRole, OrganizationId, Path, Problem, Result, clock};

use super::{governed, require_oneself};
use crate::news;
use crate::store::{DB, organizations};

/// Removes it, with its members and invitations, and the keys that it has.
pub async fn delete(
    caller: Caller,
    from: ClientAddr,
    if_match: IfMatch,
    Path(id): Path<OrganizationId>,
) -> Result<StatusCode> {
    require_oneself(&caller)?;
    let now = clock::now();
    DB.transaction(|tx| {
        let (organization, _) = governed(tx, (&caller, &from), id, MemberRole::Owner)?;
        if_match.check(organization.version)?;
        organizations::delete(tx, id)?;
        news::ended(tx, id, now)?;
        Ok::<_, Problem>(())
    })?;
    news::tell().await;
    Ok(StatusCode::NO_CONTENT)
}
