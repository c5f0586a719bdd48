//! `PUT /v1/auth/sessions/current/organization`: in which organisation the caller acts from now on, if in any. Tokens of
//! the session say so until another is chosen, or the caller belongs to it no more.

use http::StatusCode;
use serde::Deserialize;
use shared::{Caller, Json, OrganizationId, Problem, Result, clock};

use super::signed_in;
use crate::issuer::{Issuer, Tokens};
use crate::membership;
use crate::origin::Origin;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, organizations, sessions};

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Null for none: the caller acts for themselves.
    #[serde(deserialize_with = "Option::deserialize")]
    organization: Option<OrganizationId>,
}

/// Chooses, and gives out an access token that says so; the refresh token stays what it was.
pub async fn choose(caller: Caller, origin: Origin, Json(body): Json<Body>) -> Result<Tokens> {
    let now = clock::now();
    let (account, id) = signed_in(&caller, now)?;
    let issuer = Issuer::load(now).await?;
    let session = DB.transaction(|tx| {
        let note = |event| {
            let entry = Entry::by(event, account.id);
            let entry = match &body.organization {
                Some(organization) => entry.with_object(organization),
                None => entry,
            };
            audit::record(tx, &entry, &origin, now)
        };
        if let Some(organization) = body.organization
            && let Err(refusal) = membership::of(tx, account.id, organization, &origin)
        {
            // A member, from where they should not be: whoever stole a session would ask like this.
            if refusal.status() == StatusCode::FORBIDDEN {
                note(Event::OrganizationRefused)?;
            }
            return Ok(Err(refusal));
        }
        if organizations::choose(tx, id, body.organization)? {
            note(Event::OrganizationChosen)?;
        }
        Ok::<_, Problem>(sessions::find(tx, id)?.ok_or_else(super::session_ended))
    })??;
    issuer.access(account, &session, now)
}
