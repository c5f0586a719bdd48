//! Roles: names for what somebody may do beyond what everybody may. Two are built in, others are the application's own.

use serde::Deserialize;
use shared::{FieldError, Permissions, permission};

/// May do everything.
pub const ADMIN: &str = "admin";
/// Looks after people: sees their accounts and what happened to them, signs them out, and has them choose a new password.
pub const SUPPORT: &str = "support";

/// What `support` may do.
const SUPPORTS: &[&str] = &[
    "accounts.read",
    "audit.read",
    "passwords.reset",
    "sessions.end",
    "sessions.read",
    "users.read",
];

/// What a built-in role may do; `None` for the name of no such role.
pub fn built_in(role: &str) -> Option<Permissions> {
    let names: &[&str] = match role {
        ADMIN => &[permission::ALL],
        SUPPORT => SUPPORTS,
        _ => return None,
    };
    Some(names.iter().map(|&name| name.to_owned()).collect())
}

/// In bytes: what roles hold stands in tokens, and tokens in cookies, which browsers keep up to 4096 bytes of. Each name
/// counts with what stands around it.
const VOCABULARY_LIMIT: usize = 1536;
const NAME_LIMIT: usize = 32;
const DESCRIPTION_LIMIT: usize = 200;

/// How many roles an account may have.
pub const LIMIT: usize = 8;

/// The name, if an own role can have it.
pub fn check_name(name: &str) -> Result<(), FieldError> {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_plain || name.len() > NAME_LIMIT {
        let message = "must be up to 32 small letters, digits and hyphens";
        Err(FieldError::new("name", message))
    } else if built_in(name).is_some() {
        Err(FieldError::new("name", "is that of a built-in role"))
    } else {
        Ok(())
    }
}

/// The description, if it is one.
pub fn check_description(text: &str) -> Result<(), FieldError> {
    let fits = text.chars().count() <= DESCRIPTION_LIMIT && !text.chars().any(char::is_control);
    let message = "must not be longer than 200 characters, nor contain control characters";
    fits.then_some(())
        .ok_or_else(|| FieldError::new("description", message))
}

/// The permissions, if an own role can hold them.
pub fn check_permissions(names: &[String]) -> Result<(), FieldError> {
    let refuse = |message| Err(FieldError::new("permissions", message));
    if !names.iter().all(|name| permission::is_name(name)) {
        refuse("must be names such as invoices.read")
    } else if !fit(names) {
        refuse("are too many, or too long: they have to fit into tokens")
    } else {
        Ok(())
    }
}

/// Whether a token that holds all of these names fits into a cookie.
pub fn fit<'a>(names: impl IntoIterator<Item = &'a String>) -> bool {
    let sizes = names.into_iter().map(|name| name.len() + r#""","#.len());
    sizes.sum::<usize>() <= VOCABULARY_LIMIT
}

/// What an account may do beyond what every account may, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// The names of its roles, sorted.
    pub roles: Vec<String>,
    pub permissions: Permissions,
    /// Counts the changes of its roles, and of what they are made of.
    pub version: i64,
}

/// What [`Rights`] are made of, as it is stored.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Granted {
    pub email: String,
    /// Whether our own mail proved that the address is its owner's.
    pub is_proven: bool,
    pub roles_version: i64,
    /// JSON: the names of its roles.
    pub roles: String,
    /// JSON: what those of its roles that are not built in may do.
    pub permissions: String,
}

impl Granted {
    /// Whether the account is administrator by its address, which the variable `admin_email` names. An address gives
    /// a role only where our own mail proved it: anybody can sign up with anybody's, or with a provider that does not ask.
    pub fn is_admin_by_address(&self, admin_email: &str) -> bool {
        self.is_proven && self.email.eq_ignore_ascii_case(admin_email.trim())
    }

    /// All of it together.
    pub fn rights(&self, admin_email: &str) -> Rights {
        let list = |json: &str| serde_json::from_str::<Vec<String>>(json).unwrap_or_default();
        let mut roles = list(&self.roles);
        if self.is_admin_by_address(admin_email) {
            roles.push(ADMIN.to_owned());
        }
        roles.sort_unstable();
        roles.dedup();
        let built_in = roles.iter().filter_map(|role| built_in(role));
        let built_in = Vec::from_iter(built_in);
        let built_in = built_in.iter().flat_map(Permissions::iter);
        let all = built_in.map(str::to_owned).chain(list(&self.permissions));
        Rights {
            permissions: all.collect(),
            roles,
            version: self.roles_version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(roles: &str, permissions: &str) -> Granted {
        Granted {
            email: "Ada@example.com".into(),
            is_proven: true,
            roles_version: 3,
            roles: roles.into(),
            permissions: permissions.into(),
        }
    }

    #[test]
    fn the_administrator_is_whom_the_operator_names() {
        let ada = granted("[]", "[]");
        assert_eq!(ada.rights("ada@EXAMPLE.com ").roles, ["admin"]);
        assert!(
            ada.rights("ada@EXAMPLE.com")
                .permissions
                .contains("any.thing")
        );
        for other in ["", " ", "eve@example.com"] {
            let rights = ada.rights(other);
            assert!(rights.roles.is_empty());
            assert_eq!(rights.permissions, Permissions::default());
        }
        let unproven = Granted {
            is_proven: false,
            ..ada
        };
        assert!(unproven.rights("ada@example.com").roles.is_empty());
    }

    #[test]
    fn rights_are_those_of_all_roles_together() {
        let rights = granted(
            r#"["support", "editor"]"#,
            r#"["posts.write", "users.read"]"#,
        );
        let rights = rights.rights("");
        assert_eq!(rights.roles, ["editor", "support"]);
        assert!(rights.permissions.contains("posts.write"));
        assert!(rights.permissions.contains("audit.read"));
        assert!(!rights.permissions.contains("roles.grant"));
        assert_eq!(rights.version, 3);
    }

    #[test]
    fn a_role_has_a_plain_name_of_its_own() {
        for name in ["editor", "tier-2", "a"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "admin",
            "support",
            "Admin",
            "2nd",
            "a b",
            "a,b",
            "é",
            &"a".repeat(33),
        ] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_role_holds_names_and_never_the_star() {
        let check = |names: &[&str]| {
            check_permissions(&Vec::from_iter(names.iter().map(|name| name.to_string())))
        };
        assert!(check(&[]).is_ok() && check(&["posts.write", "users.read"]).is_ok());
        for names in [["*"], ["posts.*"], ["posts"], ["posts.write,users.read"]] {
            assert!(check(&names).is_err(), "{names:?}");
        }
        let many = Vec::from_iter((0..1000).map(|index| format!("posts.action-{index}")));
        assert!(check_permissions(&many).is_err());
    }

    #[test]
    fn support_cannot_raise_itself_or_become_anybody() {
        let support = built_in(SUPPORT).unwrap();
        for permission in [
            "roles.manage",
            "roles.grant",
            "accounts.impersonate",
            "accounts.create",
            "accounts.delete",
            "factors.reset",
        ] {
            assert!(!support.contains(permission), "{permission}");
        }
        assert!(SUPPORTS.iter().all(|name| permission::is_name(name)));
        assert!(built_in("editor").is_none());
    }
}
