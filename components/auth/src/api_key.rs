//! Keys for programs: a secret that stands for its owner, and may do no more than its scopes name.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use shared::{FieldError, OrganizationId, Permissions, Timestamp, UserId, permission, variables};

use crate::random::{self, Hash};

shared::id!(
    /// A key. Its secret begins with `sk_`; this is what it is called by.
    pub ApiKeyId, "apk"
);

/// Whose a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// In whose name it speaks.
    Account(UserId),
    /// Which it speaks for, whoever made it. Those who look after the organisation look after it.
    Organization(OrganizationId),
}

impl Owner {
    /// The account, where it is one's.
    pub fn account(self) -> Option<UserId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Organization(_) => None,
        }
    }

    /// The organisation, where it is one's.
    pub fn organization(self) -> Option<OrganizationId> {
        match self {
            Self::Account(_) => None,
            Self::Organization(organization) => Some(organization),
        }
    }
}

/// How many an account, or an organisation, may have.
pub const LIMIT: u32 = 50;
/// For how long a key is good whose maker did not say.
pub const LIFETIME: Duration = Duration::from_secs(90 * DAY);
/// For how long the old secret is good beside the new one, unless asked otherwise, and at most.
pub const OVERLAP: Duration = Duration::from_secs(DAY);
pub const LONGEST_OVERLAP: Duration = Duration::from_secs(30 * DAY);
/// How exactly it is known when a key was used last.
pub const USE: Duration = Duration::from_secs(60);

const DAY: u64 = 24 * 60 * 60;
/// In characters.
const NAME_LIMIT: usize = 100;
const SCOPES_LIMIT: usize = 50;
const AREA_LIMIT: usize = 40;
/// Requests a minute.
const RATE_LIMIT: u32 = 1_000_000;
/// What of a secret is shown and stored: its `sk_` and 48 of its 256 bits. Nobody tries the other 208.
const PREFIX: usize = 11;

/// A new secret, with all that is kept of it.
pub struct Secret {
    /// To be shown once.
    pub text: String,
    pub hash: Hash,
    pub prefix: String,
}

impl Secret {
    /// Makes one. Of 256 random bits, so one SHA-256 keeps it: there is nothing to guess that a slow hash would slow.
    pub fn generate() -> shared::Result<Self> {
        let text = random::secret("sk_")?;
        Ok(Self {
            hash: random::hash(&text),
            prefix: text.chars().take(PREFIX).collect(),
            text,
        })
    }
}

/// What a key may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Read, or change, what lies under `/v1/AREA`: without it nothing there answers.
    Area { area: String, access: Access },
    /// What takes this permission, as long as the key's owner has it.
    Permission(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    Read,
    Write,
}

impl Scope {
    /// `billing:read` or `invoices.read`, say. None where it is no scope, or one that no key has: who one is, and what proves it, is not
    /// for keys to see or to change.
    fn parse(text: &str) -> Option<Self> {
        if permission::is_name(text) {
            return Some(Self::Permission(text.to_owned()));
        }
        let (area, access) = text.split_once(':')?;
        let access = match access {
            "read" => Access::Read,
            "write" => Access::Write,
            _ => return None,
        };
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_area = (1..=AREA_LIMIT).contains(&area.len()) && area.bytes().all(is_plain);
        (is_area && area != "auth").then(|| Self::Area {
            area: area.to_owned(),
            access,
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Area { area, access } => {
                let access = match access {
                    Access::Read => "read",
                    Access::Write => "write",
                };
                write!(f, "{area}:{access}")
            }
            Self::Permission(name) => f.write_str(name),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is no scope")))
    }
}

/// Of these permissions those that the scopes name: a key has never more than its owner.
pub fn narrow(scopes: &[Scope], owners: &Permissions) -> Vec<String> {
    let named = scopes.iter().filter_map(|scope| match scope {
        Scope::Permission(name) => Some(name),
        Scope::Area { .. } => None,
    });
    named
        .filter(|name| owners.contains(name))
        .cloned()
        .collect()
}

/// Where there is something for keys: the variable `api_key_areas`, names separated by spaces. None named: anywhere.
pub struct Areas(String);

impl Areas {
    pub async fn load() -> shared::Result<Self> {
        variables::get("api_key_areas").await.map(Self)
    }

    fn have(&self, scope: &Scope) -> bool {
        let Scope::Area { area, .. } = scope else {
            return true;
        };
        let mut names = self.0.split_whitespace().peekable();
        names.peek().is_none() || names.any(|name| name == area)
    }
}

/// The scopes, in order and each once.
pub fn check_scopes(names: &[String], areas: &Areas) -> Result<Vec<Scope>, FieldError> {
    let refuse = |message: &str| Err(FieldError::new("scopes", message));
    if names.is_empty() {
        return refuse("must name at least one, such as billing:read");
    }
    if names.len() > SCOPES_LIMIT {
        return refuse("must not be more than 50");
    }
    let scopes: Option<Vec<_>> = names.iter().map(|name| Scope::parse(name)).collect();
    let Some(mut scopes) = scopes else {
        return refuse(
            "must be such as billing:read, billing:write or a permission, and of auth there are none",
        );
    };
    if let Some(at) = scopes.iter().position(|scope| !areas.have(scope)) {
        let message = format!(
            "{:?} leads nowhere: the variable api_key_areas names where there is something for keys",
            names[at]
        );
        return Err(FieldError::new(format!("scopes[{at}]"), message));
    }
    scopes.sort();
    scopes.dedup();
    Ok(scopes)
}

/// The name as it is stored, without space around it.
pub fn check_name(name: &str) -> Result<String, FieldError> {
    let name = name.trim();
    let is_name =
        (1..=NAME_LIMIT).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_name {
        Ok(name.to_owned())
    } else {
        Err(FieldError::new("name", "must have 1 to 100 characters"))
    }
}

/// Requests a minute.
pub fn check_rate_limit(limit: u32) -> Result<u32, FieldError> {
    if (1..=RATE_LIMIT).contains(&limit) {
        Ok(limit)
    } else {
        Err(FieldError::new(
            "rate_limit",
            "must be from 1 to 1000000 requests a minute",
        ))
    }
}

/// When it ends.
pub fn check_expiry(at: Timestamp, now: Timestamp) -> Result<Timestamp, FieldError> {
    if now < at {
        Ok(at)
    } else {
        Err(FieldError::new("expires_at", "must be in the future"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(names: &[&str]) -> Result<Vec<String>, FieldError> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let scopes = check_scopes(&names, &Areas(" users  billing ".into()))?;
        Ok(scopes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn scopes_are_kept_in_order_and_once() {
        assert_eq!(
            scopes(&["users:write", "billing:read", "users:write"]).unwrap(),
            ["billing:read", "users:write"]
        );
    }

    #[test]
    fn an_area_is_one_that_there_is() {
        let error = scopes(&["users:read", "usres:read"]).unwrap_err();
        assert_eq!(error.field, "scopes[1]");
        assert!(error.message.contains("usres:read"));
        let anywhere = Areas(String::new());
        assert!(check_scopes(&["guestbook:read".to_owned()], &anywhere).is_ok());
    }

    #[test]
    fn no_scope_is_wider_than_its_name_and_none_is_of_auth() {
        for name in [
            "",
            "*",
            "*:read",
            "users",
            "users:",
            ":read",
            "users:*",
            "users:admin",
            "Users:read",
            "users:read:write",
            "users read",
            "auth:read",
            "auth:write",
            "a/b:read",
            "..:read",
            "users.*",
        ] {
            assert!(scopes(&["users:read", name]).is_err(), "{name}");
        }
        assert!(scopes(&[]).is_err());
        assert!(scopes(&["users:read"; SCOPES_LIMIT + 1]).is_err());
        assert!(scopes(&[&format!("{}:read", "a".repeat(AREA_LIMIT + 1))]).is_err());
    }

    #[test]
    fn a_key_has_of_its_owners_permissions_what_its_scopes_name() {
        let names = ["users:read", "users.read", "accounts.read"].map(str::to_owned);
        let scopes = check_scopes(&names, &Areas(String::new())).unwrap();
        let owners = |list: &str| narrow(&scopes, &Permissions::parse(list));
        assert_eq!(owners("users.read,roles.grant"), ["users.read"]);
        assert_eq!(owners("*"), ["accounts.read", "users.read"]);
        assert!(owners("").is_empty());
        assert!(narrow(&scopes[..0], &Permissions::parse("*")).is_empty());
    }

    #[test]
    fn of_a_secret_little_is_shown() {
        let secret = Secret::generate().unwrap();
        assert_eq!(secret.text.len(), "sk_".len() + 43);
        assert_eq!(secret.prefix.len(), PREFIX);
        assert!(secret.text.starts_with(&secret.prefix));
        assert_eq!(secret.hash, random::hash(&secret.text));
    }
}
