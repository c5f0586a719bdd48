//! Who is asking. The auth guard verifies the token and says so in headers, after removing any that
//! came from outside; a component only reads them.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::{HeaderMap, request::Parts};

use crate::{Membership, OrganizationId, Permissions, Problem, Result, UserId};

/// The headers by which the auth guard hands on an identity. Absent means anonymous.
pub mod headers {
    /// The user's id, `usr_…`.
    pub const USER: &str = "x-selvedge-user";
    /// The session's id, `ses_…`.
    pub const SESSION: &str = "x-selvedge-session";
    /// The user's email address.
    pub const EMAIL: &str = "x-selvedge-email";
    /// `true` where the user has proven that the address is theirs; else absent.
    pub const EMAIL_VERIFIED: &str = "x-selvedge-email-verified";
    /// The organisation that the user acts in, `org_…`; absent where in none.
    pub const ORGANIZATION: &str = "x-selvedge-organization";
    /// What the user is there: `owner`, `admin` or `member`.
    pub const ORGANIZATION_ROLE: &str = "x-selvedge-organization-role";
    /// The user's roles, separated by commas; may be empty.
    pub const ROLES: &str = "x-selvedge-roles";
    /// What the user may do beyond what everybody may, separated by commas; may be empty.
    pub const PERMISSIONS: &str = "x-selvedge-permissions";
    /// Which version of the user's roles the token tells of.
    pub const ROLES_VERSION: &str = "x-selvedge-roles-version";
    /// Who acts in the user's name, `usr_…`, where it is not the user: RFC 8693 section 4.1.
    pub const ACTOR: &str = "x-selvedge-actor";
    /// The id of the API key by which a program asks in the user's name, `apk_…`.
    pub const API_KEY: &str = "x-selvedge-api-key";
}

/// A signed-in user. As an extractor it answers 401 where there is none; `Option<Caller>` does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who it is.
    pub user: UserId,
    /// The session the token belongs to, if the identity provider has sessions.
    pub session: Option<String>,
    /// The address in the token, if it has one.
    pub email: Option<String>,
    /// Whether the user has proven that it is theirs.
    pub email_verified: bool,
    /// The organisation that the user chose to act in, if one.
    pub membership: Option<Membership>,
    /// The names of the user's roles, to be shown. What they allow is in `permissions`.
    pub roles: Vec<String>,
    /// What the user may do beyond what everybody may.
    pub permissions: Permissions,
    /// Which version of the user's roles the token tells of, where the issuer counts them.
    pub roles_version: Option<i64>,
    /// Who acts in the user's name, where it is not the user.
    pub actor: Option<UserId>,
    /// The API key by which a program asks in the user's name, if one does.
    pub api_key: Option<String>,
}

impl Caller {
    /// Whether the caller may do what takes this permission.
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.contains(permission)
    }

    /// 403 unless the caller has this permission.
    pub fn require(&self, permission: &str) -> Result<()> {
        if self.may(permission) {
            Ok(())
        } else {
            let detail = format!("This takes the permission {permission}.");
            Err(Problem::forbidden(detail))
        }
    }

    fn from_headers(headers: &HeaderMap) -> Result<Option<Self>> {
        let Some(user) = single(headers, headers::USER)? else {
            return match OrganizationKey::from_headers(headers)? {
                Some(_) => Err(Problem::forbidden(
                    "This key speaks for an organisation, and this takes a person.",
                )),
                None => Ok(None),
            };
        };
        let user = user.parse().map_err(|_| {
            Problem::unauthorized("The token's subject is not a user of this application.")
        })?;
        let roles = single(headers, headers::ROLES)?.unwrap_or_default();
        let permissions = single(headers, headers::PERMISSIONS)?.unwrap_or_default();
        let version = single(headers, headers::ROLES_VERSION)?;
        // Somebody who acts as another must never be taken for that other.
        let actor = single(headers, headers::ACTOR)?.map(|actor| actor.parse());
        let actor = actor
            .transpose()
            .map_err(|_| Problem::unauthorized("The token's actor is not a user of ours."))?;
        Ok(Some(Self {
            user,
            session: single(headers, headers::SESSION)?,
            email: single(headers, headers::EMAIL)?,
            email_verified: single(headers, headers::EMAIL_VERIFIED)?.as_deref() == Some("true"),
            membership: membership(headers)?,
            roles: roles
                .split(',')
                .map(str::trim)
                .filter(|role| !role.is_empty())
                .map(str::to_owned)
                .collect(),
            permissions: Permissions::parse(&permissions),
            roles_version: version.and_then(|version| version.parse().ok()),
            actor,
            api_key: single(headers, headers::API_KEY)?,
        }))
    }
}

/// A program that asks for an organisation, by a key of its own, and for no person. As an extractor it answers 401 where
/// there is none; `Option<OrganizationKey>` does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationKey {
    /// Which one.
    pub organization: OrganizationId,
    /// The key's id, `apk_…`.
    pub api_key: String,
}

impl OrganizationKey {
    fn from_headers(headers: &HeaderMap) -> Result<Option<Self>> {
        if headers.contains_key(headers::USER) {
            return Ok(None);
        }
        let api_key = single(headers, headers::API_KEY)?;
        let organization = single(headers, headers::ORGANIZATION)?.and_then(|id| id.parse().ok());
        Ok(api_key
            .zip(organization)
            .map(|(api_key, organization)| Self {
                organization,
                api_key,
            }))
    }
}

impl<S: Sync> FromRequestParts<S> for OrganizationKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Self::from_headers(&parts.headers)?
            .ok_or_else(|| Problem::unauthorized("Show a key of the organisation's."))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for OrganizationKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>> {
        Self::from_headers(&parts.headers)
    }
}

/// The place in an organisation. What cannot be read is none: the caller is who it is without.
fn membership(headers: &HeaderMap) -> Result<Option<Membership>> {
    let organization = single(headers, headers::ORGANIZATION)?.and_then(|id| id.parse().ok());
    let role = single(headers, headers::ORGANIZATION_ROLE)?.and_then(|role| role.parse().ok());
    Ok(organization
        .zip(role)
        .map(|(organization, role)| Membership { organization, role }))
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
            (headers::PERMISSIONS, "users.read,audit.read"),
            (headers::ROLES_VERSION, "7"),
        ])
        .unwrap()
        .unwrap();
        assert_eq!(caller.user, user);
        assert_eq!(caller.email.as_deref(), Some("ada@example.com"));
        assert_eq!(caller.roles, ["admin", "support"]);
        assert!(caller.require("users.read").is_ok() && caller.may("audit.read"));
        let refused = caller.require("users.delete").unwrap_err();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert!(!caller.may("admin") && !caller.may(""));
        assert_eq!((caller.roles_version, caller.actor), (Some(7), None));
    }

    #[test]
    fn who_acts_for_somebody_is_known_or_nobody_is() {
        let (user, actor) = (UserId::new(), UserId::new());
        let told =
            |actor: &str| caller(&[(headers::USER, &user.to_string()), (headers::ACTOR, actor)]);
        let caller = told(&actor.to_string()).unwrap().unwrap();
        assert_eq!((caller.user, caller.actor), (user, Some(actor)));
        let strange = told("root").unwrap_err();
        assert_eq!(strange.status(), StatusCode::UNAUTHORIZED);
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
