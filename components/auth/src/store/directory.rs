//! Accounts as those see them who look after them: with their roles and what is to become of them.

use serde::Deserialize;
use shared::storage::{Connection, Error, params};
use shared::{Timestamp, UserId};

use super::DB;
use crate::role::Granted;

/// What a [`Listed`] is read from.
macro_rules! columns {
    () => {
        "a.id, a.email, a.name, a.created_at, a.email_verified_at, a.email_vouched_by, a.disabled_at, d.due_at AS deletion_at,
         (SELECT max(last_used_at) FROM sessions s WHERE s.account_id = a.id AND s.actor_id IS NULL)
             AS last_seen_at,
         (SELECT json_group_array(role) FROM account_roles g WHERE g.account_id = a.id) AS roles"
    };
}

/// An account.
#[derive(Debug, Deserialize)]
pub struct Listed {
    pub id: UserId,
    pub email: String,
    pub name: Option<String>,
    pub created_at: Timestamp,
    pub email_verified_at: Option<Timestamp>,
    pub email_vouched_by: Option<String>,
    pub disabled_at: Option<Timestamp>,
    /// When it is removed, if its owner asked for that.
    pub deletion_at: Option<Timestamp>,
    /// When the latest of its sessions was used.
    pub last_seen_at: Option<Timestamp>,
    /// JSON: the names of the roles it was given.
    roles: String,
}

impl Listed {
    /// The names of its roles.
    pub fn roles(&self, admin_email: &str) -> Vec<String> {
        let granted = Granted {
            email: self.email.clone(),
            is_proven: self.email_verified_at.is_some() && self.email_vouched_by.is_none(),
            roles: self.roles.clone(),
            ..Granted::default()
        };
        granted.rights(admin_email).roles
    }
}

/// Which accounts; what is none does not matter.
pub struct Filter<'a> {
    /// The id, or a part of the address or the name, in whatever case.
    pub search: Option<&'a str>,
    pub role: Option<&'a str>,
    pub is_disabled: Option<bool>,
    /// Whose address makes its account `admin`.
    pub admin_email: &'a str,
}

/// Up to `count` of these accounts, the newest first, from before the one with this id.
pub fn list(filter: &Filter, before: Option<UserId>, count: u32) -> Result<Vec<Listed>, Error> {
    DB.connect()?.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM accounts a LEFT JOIN account_deletions d ON d.account_id = a.id
              WHERE (?1 IS NULL OR a.id < ?1)
                AND (?2 IS NULL OR a.id = ?2 OR instr(lower(a.email), lower(?2))
                     OR instr(lower(a.name), lower(?2)))
                AND (?3 IS NULL
                     OR EXISTS (SELECT 1 FROM account_roles g WHERE g.account_id = a.id AND g.role = ?3)
                     OR (?3 = 'admin' AND a.email = ?5 AND a.email_verified_at IS NOT NULL AND a.email_vouched_by IS NULL))
                AND (?4 IS NULL OR ?4 = (a.disabled_at IS NOT NULL))
              ORDER BY a.id DESC LIMIT ?6"
        ),
        params![
            before,
            filter.search,
            filter.role,
            filter.is_disabled.map(i64::from),
            filter.admin_email.trim(),
            count
        ],
    )
}

/// The account with this id.
pub fn find(connection: &Connection, id: UserId) -> Result<Option<Listed>, Error> {
    connection.query_one(
        concat!(
            "SELECT ",
            columns!(),
            " FROM accounts a LEFT JOIN account_deletions d ON d.account_id = a.id WHERE a.id = ?"
        ),
        params![id],
    )
}
