//! Who is asking. The auth guard verifies the token and says so in headers, after removing any that
//! came from outside; a component only reads them.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::{HeaderMap, request::Parts};

use crate::{Problem, Result, UserId};

/// The headers by which the auth guard hands on an identity. Absent means anonymous.
pub mod headers {
    /// The user's id, `usr_…`.
    pub const USER: &str = "x-selvedge-user";
    /// The session's id, `ses_…`.
    pub const SESSION: &str = "x-selvedge-session";
    /// The user's email address.
    pub const EMAIL: &str = "x-selvedge-email";
    /// The user's roles, separated by commas; may be empty.
    pub const ROLES: &str = "x-selvedge-roles";
}

/// The role that may see and change what is not its own.
pub const ADMIN: &str = "admin";

/// A signed-in user. As an extractor it answers 401 where there is none; `Option<Caller>` does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who it is.
    pub user: UserId,
    /// The session the token belongs to, if the identity provider has sessions.
    pub session: Option<String>,
    /// The address in the token, if it has one.
    pub email: Option<String>,
    /// What the user may do beyond what everybody may.
    pub roles: Vec<String>,
}

impl Caller {
    /// Whether the caller has this role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }

    /// 403 unless the caller has this role.
    pub fn require_role(&self, role: &str) -> Result<()> {
        if self.has_role(role) {
            Ok(())
        } else {
            Err(Problem::forbidden(format!("This takes the role {role}.")))
        }
    }

    fn from_headers(headers: &HeaderMap) -> Result<Option<Self>> {
        let Some(user) = single(headers, headers::USER)? else {
            return Ok(None);
        };
        let user = user.parse().map_err(|_| {
            Problem::unauthorized("The token's subject is not a user of this application.")
        })?;
        let roles = single(headers, headers::ROLES)?.unwrap_or_default();
        Ok(Some(Self {
            user,
            session: single(headers, headers::SESSION)?,
            email: single(headers, headers::EMAIL)?,
            roles: roles
                .split(',')
                .map(str::trim)
                .filter(|role| !role.is_empty())
                .map(str::to_owned)
                .collect(),
        }))
    }
}

/// The header's only value. The guard sets each once; a second is somebody else's.
fn single(headers: &HeaderMap, name: &str) -> Result<Option<String>> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    match (std::str::from_utf8(value.as_bytes()), values.next()) {
        (Ok(text), None) => Ok(Some(text.to_owned())),
        _ => Err(Problem::unauthorized("The caller's identity is ambiguous.")),
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Self::from_headers(&parts.headers)?
            .ok_or_else(|| Problem::unauthorized("Sign in, and send the access token."))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>> {
        Self::from_headers(&parts.headers)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, StatusCode};

    use super::*;

    fn caller(pairs: &[(&'static str, &str)]) -> Result<Option<Caller>> {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Caller::from_headers(&map)
    }

    #[test]
    fn the_guards_headers_make_a_caller() {
        let user = UserId::new();
        let caller = caller(&[
            (headers::USER, &user.to_string()),
            (headers::SESSION, "ses_1"),
            (headers::EMAIL, "ada@example.com"),
            (headers::ROLES, "admin, support,"),
        ])
        .unwrap()
        .unwrap();
        assert_eq!(caller.user, user);
        assert_eq!(caller.email.as_deref(), Some("ada@example.com"));
        assert_eq!(caller.roles, ["admin", "support"]);
        assert!(caller.require_role("admin").is_ok());
        assert_eq!(
            caller.require_role("owner").unwrap_err().status(),
            StatusCode::FORBIDDEN
        );
        assert!(!caller.has_role(""));
    }

    #[test]
    fn without_a_user_there_is_no_caller_whatever_else_is_said() {
        assert_eq!(caller(&[(headers::ROLES, "admin")]).unwrap(), None);
    }

    #[test]
    fn two_users_or_a_strange_one_are_refused() {
        let (one, two) = (UserId::new().to_string(), UserId::new().to_string());
        let doubled = caller(&[(headers::USER, &one), (headers::USER, &two)]);
        assert_eq!(doubled.unwrap_err().status(), StatusCode::UNAUTHORIZED);
        let strange = caller(&[(headers::USER, "root")]);
        assert_eq!(strange.unwrap_err().status(), StatusCode::UNAUTHORIZED);
    }
}
