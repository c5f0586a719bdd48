//! `POST http://auth.spin.internal/internal/organizations`: the component `users` tells that something became of
//! organisations or their members. No route of the manifest leads here.
//!
//! Every component can ask this one, by the grant that its guard needs, and could say that somebody is a member. So it is
//! only heard that there is news; what it is, `users` is asked.

use http::StatusCode;
use serde::Deserialize;
use shared::internal::Internal;
use shared::storage::Error;
use shared::{Json, MemberRole, OrganizationId, Problem, Result, Timestamp, UserId, clock};

use crate::mail::{self, Letter};
use crate::store::{DB, mail_requests, organizations};
use crate::{neighbour, outbox};

/// What it tells.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Of the news. What has the higher one is the newer, in whatever order it is told, and it may be told again.
    number: i64,
}

/// What it has to tell.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum News {
    /// From where members act in one.
    Organization {
        id: OrganizationId,
        networks: Vec<String>,
    },
    /// One is no more.
    Ended { id: OrganizationId },
    /// What somebody is in one, if anything.
    Member {
        organization: OrganizationId,
        user: UserId,
        role: Option<MemberRole>,
    },
    /// Somebody is invited into one, and should hear of it.
    Invitation {
        id: String,
        name: String,
        email: String,
        invited_by: UserId,
        expires_at: Timestamp,
    },
}

/// Takes note of it.
pub async fn note(_: Internal, Json(Told { number }): Json<Told>) -> Result<StatusCode> {
    let Some(news) = neighbour::news(number).await.map_err(Problem::internal)? else {
        return Ok(StatusCode::NO_CONTENT);
    };
    let news: News = serde_json::from_slice(&news).map_err(Problem::internal)?;
    let now = clock::now();
    DB.transaction(|tx| {
        match &news {
            News::Organization { id, networks } => organizations::put(tx, *id, networks, number)?,
            News::Ended { id } => organizations::end(tx, *id, number)?,
            News::Member {
                organization,
                user,
                role,
            } => organizations::put_member(tx, *organization, *user, *role, number)?,
            // However often somebody is invited, a mailbox takes what mail it takes, and whoever invites sends what they may.
            News::Invitation {
                id,
                name,
                email,
                invited_by,
                expires_at,
            } => {
                if now < *expires_at
                    && mail_requests::note_invitation(tx, id, *invited_by, now)?
                    && mail_requests::note(tx, email, now)?
                {
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
