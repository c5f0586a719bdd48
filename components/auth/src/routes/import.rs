//! `POST /v1/auth/admin/import`: accounts of another system, with the hashes of their passwords.

use axum::response::IntoResponse;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::{FieldError, Json, Problem, Result, UserId, clock, permission, storage, variables};

use crate::account::{Account, IMPORT, check_email, check_name};
use crate::password::can_import;
use crate::permission::AccountsCreate;
use crate::permitted::Permitted;
use crate::store::audit::{self, Entry, Event};
use crate::store::{DB, accounts, passwords};

/// At once; as many as fit in a body.
const LIMIT: usize = 200;

/// What an administrator says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    users: Vec<Imported>,
}

/// An account of another system.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Imported {
    email: String,
    /// Whether the other system had the address proven.
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    /// Argon2, bcrypt or scrypt; made anew when the password is used. Absent where there is none.
    password_hash: Option<String>,
}

/// What became of one.
#[derive(Serialize)]
struct Outcome {
    email: String,
    /// Null where there is an account with this address already, which stays as it is.
    id: Option<UserId>,
}

/// Makes the accounts: all of them or, where one is wrong, none. Whoever repeats it changes nothing.
pub async fn import(
    permitted: Permitted<AccountsCreate>,
    Json(body): Json<Body>,
) -> Result<impl IntoResponse> {
    let now = clock::now();
    if body.users.len() > LIMIT {
        let message = format!("must not have more than {LIMIT} entries");
        return Err(Problem::invalid(vec![FieldError::new("users", message)]));
    }
    let mut errors: Vec<_> = body.users.iter().enumerate().flat_map(mistakes).collect();
    // Whose word counts as much as our own mail.
    let is_administrator = permitted.caller.may(permission::ALL);
    if !is_administrator {
        errors.extend(administrators(
            &body.users,
            &variables::get("admin_email").await?,
        ));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let data = DB.transaction(|tx| {
        let import = |imported: Imported| {
            if accounts::find_by_email_in(tx, &imported.email)?.is_some() {
                let email = imported.email;
                return Ok(Outcome { email, id: None });
            }
            let account = Account {
                id: UserId::new(),
                email: imported.email.clone(),
                name: imported.name.map(|name| name.trim().to_owned()),
                created_at: now,
                email_verified_at: imported.email_verified.then_some(now),
                email_vouched_by: (imported.email_verified && !is_administrator)
                    .then(|| IMPORT.to_owned()),
                disabled_at: None,
            };
            accounts::create(tx, &account)?;
            if let Some(hash) = &imported.password_hash {
                passwords::set(tx, account.id, hash, now)?;
            }
            let entry = Entry::about(Event::AccountImported, account.id)
                .with_actor(permitted.user)
                .with_detail(json!({"email_verified": imported.email_verified}));
            audit::record(tx, &entry, &permitted.origin, now)?;
            Ok(Outcome {
                email: imported.email,
                id: Some(account.id),
            })
        };
        let outcomes = body.users.into_iter().map(import);
        outcomes.collect::<Result<Vec<_>, storage::Error>>()
    })?;
    Ok((StatusCode::OK, Json(json!({ "data": data }))))
}

/// Whoever says that the administrator's address is proven makes an administrator, whose password they may choose.
fn administrators<'a>(
    users: &'a [Imported],
    admin_email: &'a str,
) -> impl Iterator<Item = FieldError> + 'a {
    let is_admins = |imported: &Imported| {
        imported.email_verified && imported.email.eq_ignore_ascii_case(admin_email.trim())
    };
    let indexed = users.iter().enumerate();
    let theirs = indexed.filter(move |(_, imported)| is_admins(imported));
    theirs.map(|(index, _)| {
        let field = format!("users[{index}].email");
        FieldError::new(
            field,
            "is an administrator's, and for administrators to import",
        )
    })
}

fn mistakes((index, imported): (usize, &Imported)) -> impl Iterator<Item = FieldError> {
    let hash = imported.password_hash.as_deref();
    let unreadable = hash
        .is_some_and(|hash| !can_import(hash))
        .then(|| FieldError::new("password_hash", "is not a hash that can be imported"));
    let name = imported.name.as_deref().map(check_name).transpose();
    [check_email(&imported.email).err(), name.err(), unreadable]
        .into_iter()
        .flatten()
        .map(move |error| FieldError {
            field: format!("users[{index}].{}", error.field),
            message: error.message,
        })
}
