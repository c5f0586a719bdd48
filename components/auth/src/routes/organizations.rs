//! `POST http://auth.spin.internal/internal/organizations`: the component `users` tells what became of organisations and
//! their members. No route of the manifest leads here.

use http::StatusCode;
use serde::Deserialize;
use shared::internal::Internal;
use shared::storage::Error;
use shared::{Json, MemberRole, OrganizationId, Result, Timestamp, UserId, clock};

use crate::mail::{self, Letter};
use crate::outbox;
use crate::store::{DB, mail_requests, organizations};

/// What it tells. It may do so again, and later than what came after: the version says what is newer.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum News {
    /// From where members act in one.
    Organization {
        id: OrganizationId,
        networks: Vec<String>,
        version: i64,
    },
    /// One is no more.
    Ended { id: OrganizationId, version: i64 },
    /// What somebody is in one, if anything.
    Member {
        organization: OrganizationId,
        user: UserId,
        role: Option<MemberRole>,
        version: i64,
    },
    /// Somebody is invited into one, and should hear of it.
    Invitation {
        name: String,
        email: String,
        expires_at: Timestamp,
    },
}

/// Takes note of it.
pub async fn note(_: Internal, Json(news): Json<News>) -> Result<StatusCode> {
    let now = clock::now();
    DB.transaction(|tx| {
        match &news {
            News::Organization {
                id,
                networks,
                version,
            } => organizations::put(tx, *id, networks, *version)?,
            News::Ended { id, version } => organizations::end(tx, *id, *version)?,
            News::Member {
                organization,
                user,
                role,
                version,
            } => organizations::put_member(tx, *organization, *user, *role, *version)?,
            // However often somebody is invited, a mailbox takes what mail it takes.
            News::Invitation {
                name,
                email,
                expires_at,
            } => {
                if now < *expires_at && mail_requests::note(tx, email, now)? {
                    let organization = name.clone();
                    mail::post(tx, Some(email), Letter::Membership { organization }, now)?;
                }
            }
        }
        Ok::<_, Error>(())
    })?;
    outbox::deliver_soon();
    Ok(StatusCode::NO_CONTENT)
}
