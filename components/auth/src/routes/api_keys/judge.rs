//! `POST http://auth.spin.internal/internal/api-keys?hash=&before=`: what the guards in front of the other components
//! ask of a key that somebody shows them. No route of the manifest leads here from outside, and the key itself is not
//! said: only what it is known by.

use serde::{Deserialize, Serialize};
use shared::storage::{self, Connection};
use shared::{Json, OrganizationId, Query, Result, Timestamp, UserId, clock, variables};

use crate::allowance::Allowance;
use crate::api_key::{ApiKeyId, Scope, USE, narrow};
use crate::random::Hash;
use crate::store::api_keys::{self, Good, Speaks};
use crate::store::{DB, roles};

/// What a guard asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// SHA-256 of the key, in hexadecimal.
    hash: String,
    /// How many requests it let through since it asked last, besides the one it asks for.
    before: u32,
}

/// What it is told.
#[derive(Debug, Serialize)]
pub struct Told {
    /// None: there is no such key, or it is good no more.
    key: Option<Known>,
}

/// A key that is good.
#[derive(Debug, Serialize)]
struct Known {
    id: ApiKeyId,
    /// For whom it speaks: for a person,
    user: Option<UserId>,
    email: Option<String>,
    /// or for an organisation.
    organization: Option<Organization>,
    scopes: Vec<Scope>,
    /// Beyond what everybody may.
    permissions: Vec<String>,
    /// Until when, in seconds since 1970.
    ends: Option<i64>,
    /// None: as many requests as it likes.
    limit: Option<Limit>,
}

#[derive(Debug, Serialize)]
struct Organization {
    id: OrganizationId,
    /// From where alone it does, if any are named.
    networks: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Limit {
    /// Whether the request that is asked for may go on.
    admitted: bool,
    /// How many more may, before the guard asks again.
    remaining: u32,
    /// Seconds until the count begins anew.
    reset: u64,
}

/// Judges a key, and counts what it is used for.
pub async fn judge(Query(asked): Query<Asked>) -> Result<Json<Told>> {
    let now = clock::now();
    let key = match parse(&asked.hash) {
        Some(hash) => look(
            &hash,
            asked.before,
            &variables::get("admin_email").await?,
            now,
        )?,
        None => None,
    };
    Ok(Json(Told { key }))
}

fn look(
    hash: &Hash,
    before: u32,
    admin_email: &str,
    now: Timestamp,
) -> Result<Option<Known>, storage::Error> {
    let connection = DB.connect()?;
    let Some(key) = api_keys::good(connection, hash, now)? else {
        return Ok(None);
    };
    let was_used_lately = key.last_used_at.is_some_and(|last| now < last.plus(USE));
    if key.rate_limit.is_none() && was_used_lately {
        return known(connection, key, None, admin_email, now);
    }
    DB.transaction(|tx| {
        // As it is now, and stays until this is written.
        let Some(key) = api_keys::good(tx, hash, now)? else {
            return Ok(None);
        };
        let allowance = key
            .rate_limit
            .map(|limit| key.window().ask(limit, before, now));
        let window = allowance.map_or(key.window(), |allowance| allowance.window);
        if window != key.window() || key.rate_limit.is_none() {
            api_keys::used(tx, key.id, window, now)?;
        }
        known(tx, key, allowance, admin_email, now)
    })
}

fn known(
    connection: &Connection,
    key: Good,
    allowance: Option<Allowance>,
    admin_email: &str,
    now: Timestamp,
) -> Result<Option<Known>, storage::Error> {
    let scopes = key.scopes();
    let (user, email, organization) = match key.speaks() {
        Some(Speaks::Person { id, email }) => (Some(id), Some(email), None),
        Some(Speaks::Organization { id, networks }) => {
            (None, None, Some(Organization { id, networks }))
        }
        None => return Ok(None),
    };
    // An organisation has no permissions: they are about the whole application.
    let granted = user
        .map(|user| roles::granted(connection, user))
        .transpose()?;
    let rights = granted.flatten().map(|granted| granted.rights(admin_email));
    let permissions = rights.map_or(Vec::new(), |rights| narrow(&scopes, &rights.permissions));
    Ok(Some(Known {
        id: key.id,
        user,
        organization,
        scopes,
        permissions,
        ends: key.expires_at.map(Timestamp::as_seconds),
        email,
        limit: allowance.map(|allowance| Limit {
            admitted: allowance.admitted,
            remaining: allowance.remaining,
            reset: allowance
                .window
                .ends_at
                .since(now)
                .as_millis()
                .div_ceil(1000) as u64,
        }),
    }))
}

fn parse(hex: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if hex.len() != 2 * hash.len() || !hex.is_ascii() {
        return None;
    }
    for (byte, digits) in hash.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(hash)
}
