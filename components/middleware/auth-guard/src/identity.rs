//! Who a verified token speaks for, as the components behind the guard are told.

use shared::caller::headers;

/// What the token's claims say of the caller, fit to stand in headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The subject: with our own issuer a user's id, `usr_…`.
    pub user: String,
    /// With our own issuer a session's id, `ses_…`.
    pub session: Option<String>,
    pub email: Option<String>,
    /// Separated by commas.
    pub roles: String,
    /// Separated by commas.
    pub permissions: String,
    /// With our own issuer which version of the subject's roles these are.
    pub roles_version: Option<String>,
    /// Who acts as the subject, where it is somebody else.
    pub actor: Option<String>,
    /// The id of the key that a program showed, `apk_…`: there is no session, and nobody is there to prove anything.
    pub api_key: Option<String>,
}

/// What a token says of whom it speaks for.
#[derive(Debug, Default)]
pub struct Said {
    pub subject: String,
    pub session: Option<String>,
    pub email: Option<String>,
    pub roles: Vec<String>,
    pub permissions: Vec<String>,
    pub roles_version: Option<i64>,
    pub actor: Option<String>,
}

impl Identity {
    /// Keeps of the claims what can be told in headers without being taken for something else.
    /// `None` where the subject itself cannot, or who acts for it: without that it would be taken for the
    /// subject. A session, an address, a role or a permission that cannot is left out, which never gives more
    /// rights.
    pub fn from_claims(said: Said) -> Option<Self> {
        let is_told = is_plain(&said.subject) && said.actor.as_deref().is_none_or(is_plain);
        is_told.then(|| Self {
            user: said.subject,
            session: said.session.filter(|session| is_plain(session)),
            email: said.email.filter(|email| is_plain(email)),
            roles: list(said.roles),
            permissions: list(said.permissions),
            roles_version: said.roles_version.map(|version| version.to_string()),
            actor: said.actor,
            api_key: None,
        })
    }

    /// Whom a key speaks for. It has none of its owner's roles, and of the permissions those that it is given.
    pub fn of_key(
        user: String,
        email: String,
        permissions: Vec<String>,
        key: String,
    ) -> Option<Self> {
        let identity = Self::from_claims(Said {
            subject: user,
            email: Some(email),
            permissions,
            ..Said::default()
        })?;
        let api_key = Some(key).filter(|key| is_plain(key))?;
        Some(Self {
            api_key: Some(api_key),
            ..identity
        })
    }

    /// The same without roles and permissions: it may do what everybody may.
    pub fn without_roles(&self) -> Self {
        Self {
            roles: String::new(),
            permissions: String::new(),
            ..self.clone()
        }
    }

    /// What the issuer revokes when it changes the subject's roles, where it counts their versions.
    pub fn roles_grant(&self) -> Option<String> {
        let version = self.roles_version.as_deref()?;
        Some(format!("{}#{version}", self.user))
    }

    /// The identity headers.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        [
            Some((headers::USER, self.user.as_str())),
            said(headers::SESSION, &self.session),
            said(headers::EMAIL, &self.email),
            Some((headers::ROLES, self.roles.as_str())),
            Some((headers::PERMISSIONS, self.permissions.as_str())),
            said(headers::ROLES_VERSION, &self.roles_version),
            said(headers::ACTOR, &self.actor),
            said(headers::API_KEY, &self.api_key),
        ]
        .into_iter()
        .flatten()
    }
}

fn said<'a>(name: &'a str, value: &'a Option<String>) -> Option<(&'a str, &'a str)> {
    value.as_deref().map(|value| (name, value))
}

/// What can stand in a list. A comma would make two roles of one: "support,admin".
fn list(names: Vec<String>) -> String {
    let fit = |name: &String| is_plain(name) && !name.contains(',');
    Vec::from_iter(names.into_iter().filter(fit)).join(",")
}

/// Visible ASCII, and not too much of it.
fn is_plain(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(subject: &str, email: &str, roles: &[&str]) -> Option<Identity> {
        let roles = Vec::from_iter(roles.iter().map(|role| role.to_string()));
        Identity::from_claims(Said {
            subject: subject.into(),
            email: Some(email.into()),
            permissions: roles.clone(),
            roles,
            ..Said::default()
        })
    }

    #[test]
    fn a_role_cannot_become_two() {
        let identity = identity("usr_1", "a@example.com", &["support,admin", "editor"]).unwrap();
        assert_eq!(identity.roles, "editor");
        assert_eq!(identity.permissions, "editor");
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_left_out() {
        let identity = identity("usr_1", "a@example.com\r\nx-admin: 1", &["a b", ""]).unwrap();
        assert_eq!(identity.email, None);
        assert!(identity.roles.is_empty() && identity.permissions.is_empty());
    }

    #[test]
    fn who_acts_for_somebody_and_cannot_be_named_is_nobody() {
        let acting = |actor: &str| {
            Identity::from_claims(Said {
                subject: "usr_1".into(),
                actor: Some(actor.into()),
                ..Said::default()
            })
        };
        assert_eq!(acting("usr_2").unwrap().actor.as_deref(), Some("usr_2"));
        assert_eq!(acting("usr 2"), None);
        assert_eq!(acting(""), None);
    }

    #[test]
    fn without_a_plain_subject_there_is_no_identity() {
        for subject in ["", "a\nb", "a b", "é", &"x".repeat(256)] {
            assert_eq!(identity(subject, "a@example.com", &[]), None, "{subject}");
        }
    }
}
