//! Who somebody is in an organisation. Organisations are those of the component `users`; a token speaks of one at most.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    OrganizationId,
    storage::{ToValue, Value},
};

/// What a member is in an organisation, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberRole {
    /// Belongs to it.
    Member,
    /// Looks after it and its members, but for owners.
    Admin,
    /// May do everything with it, its end included. Each has one at least.
    Owner,
}

/// A place in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// Which one.
    pub organization: OrganizationId,
    /// As what.
    pub role: MemberRole,
}

impl MemberRole {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Whether it may make somebody this, or take it from them: nobody gives or takes what is above them, and members
    /// look after nobody.
    pub fn governs(self, other: Self) -> bool {
        self > Self::Member && self >= other
    }
}

impl fmt::Display for MemberRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not one of owner, admin and member")]
pub struct UnknownRole;

impl FromStr for MemberRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let all = [Self::Member, Self::Admin, Self::Owner];
        let role = all.into_iter().find(|role| role.as_str() == text);
        role.ok_or(UnknownRole)
    }
}

/// As a text: serde's own way with enums takes other JSON for a mistake in its syntax.
impl<'de> Deserialize<'de> for MemberRole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl ToValue for MemberRole {
    fn to_value(&self) -> Value {
        Value::Text(self.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::MemberRole::{Admin, Member, Owner};
    use super::*;

    #[test]
    fn nobody_governs_what_is_above_them_and_members_govern_nobody() {
        for (who, whom) in [
            (Owner, Owner),
            (Owner, Member),
            (Admin, Admin),
            (Admin, Member),
        ] {
            assert!(who.governs(whom), "{who} {whom}");
        }
        for (who, whom) in [
            (Admin, Owner),
            (Member, Member),
            (Member, Admin),
            (Member, Owner),
        ] {
            assert!(!who.governs(whom), "{who} {whom}");
        }
    }

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in [Member, Admin, Owner] {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert_eq!("Owner".parse::<MemberRole>(), Err(UnknownRole));
    }
}
