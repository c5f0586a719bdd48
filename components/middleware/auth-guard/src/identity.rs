//! Who a verified token speaks for, as the components behind the guard are told.

use shared::caller::headers;
use shared::network::Networks;

/// What the token's claims say of the caller, fit to stand in headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The subject: with our own issuer a user's id, `usr_…`. Nobody, where a key speaks for an organisation.
    pub user: Option<String>,
    /// With our own issuer a session's id, `ses_…`.
    pub session: Option<String>,
    pub email: Option<String>,
    pub email_verified: bool,
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
    /// In which organisation the subject acts, or for which a key speaks.
    pub organization: Option<Organization>,
}

/// A place in an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// `org_…`.
    id: String,
    /// What the subject is in it; nothing of a key.
    role: Option<String>,
    /// From where alone one acts in it, if any are named.
    pub networks: Networks,
    /// What the issuer revokes when it changes.
    grants: Vec<String>,
}

/// What a token says of whom it speaks for.
#[derive(Debug, Default)]
pub struct Said {
    pub subject: String,
    pub session: Option<String>,
    pub email: Option<String>,
    pub email_verified: bool,
    pub roles: Vec<String>,
    pub permissions: Vec<String>,
    pub roles_version: Option<i64>,
    pub actor: Option<String>,
    pub organization: Option<SaidOfOrganization>,
}

/// What a token, or what is known of a key, says of an organisation.
#[derive(Debug, Default)]
pub struct SaidOfOrganization {
    pub id: String,
    pub role: Option<String>,
    pub networks: Vec<String>,
    /// Of the organisation, and of the subject's place in it.
    pub versions: Vec<i64>,
}

impl Identity {
    /// Keeps of the claims what can be told in headers without being taken for something else.
    /// `None` where the subject itself cannot, or who acts for it: without that it would be taken for the
    /// subject. A session, an address, a role or a permission that cannot is left out, which never gives more
    /// rights.
    pub fn from_claims(said: Said) -> Option<Self> {
        let is_told = is_plain(&said.subject) && said.actor.as_deref().is_none_or(is_plain);
        is_told.then(|| Self {
            organization: said
                .organization
                .and_then(|of| Organization::read(of, Some(&said.subject))),
            user: Some(said.subject),
            session: said.session.filter(|session| is_plain(session)),
            email_verified: said.email_verified && said.email.as_deref().is_some_and(is_plain),
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
        email: Option<String>,
        permissions: Vec<String>,
        key: String,
    ) -> Option<Self> {
        let identity = Self::from_claims(Said {
            subject: user,
            email,
            permissions,
            ..Said::default()
        })?;
        let api_key = Some(key).filter(|key| is_plain(key))?;
        Some(Self {
            api_key: Some(api_key),
            ..identity
        })
    }

    /// Which organisation a key speaks for. Nobody's permissions are its.
    pub fn of_organization_key(said: SaidOfOrganization, key: String) -> Option<Self> {
        let nobody = Self::from_claims(Said {
            subject: key.clone(),
            ..Said::default()
        })?;
        Some(Self {
            user: None,
            api_key: Some(key),
            organization: Some(Organization::read(said, None)?),
            ..nobody
        })
    }

    /// The same outside of any organisation: the subject acts for itself.
    pub fn without_organization(&self) -> Self {
        Self {
            organization: None,
            ..self.clone()
        }
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
        Some(format!("{}#{version}", self.user.as_deref()?))
    }

    /// What it revokes when the organisation changes, or the subject's place in it.
    pub fn organization_grants(&self) -> &[String] {
        let organization = self.organization.as_ref();
        organization.map_or(&[], |organization| organization.grants.as_slice())
    }

    /// The identity headers.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        [
            said(headers::USER, &self.user),
            said(headers::SESSION, &self.session),
            said(headers::EMAIL, &self.email),
            self.email_verified
                .then_some((headers::EMAIL_VERIFIED, "true")),
            Some((headers::ROLES, self.roles.as_str())),
            Some((headers::PERMISSIONS, self.permissions.as_str())),
            said(headers::ROLES_VERSION, &self.roles_version),
            said(headers::ACTOR, &self.actor),
            said(headers::API_KEY, &self.api_key),
            self.organization
                .as_ref()
                .map(|of| (headers::ORGANIZATION, of.id.as_str())),
            self.organization
                .as_ref()
                .and_then(|of| said(headers::ORGANIZATION_ROLE, &of.role)),
        ]
        .into_iter()
        .flatten()
    }
}

impl Organization {
    /// None where it cannot be told: the subject then acts for itself. Networks that cannot be read let nobody in.
    fn read(said: SaidOfOrganization, subject: Option<&str>) -> Option<Self> {
        let role = said.role.filter(|role| is_plain(role));
        // Of a person it has to be known as what they act, and which changes their token knows of.
        let is_whole = subject.is_none() || (role.is_some() && said.versions.len() == 2);
        if !is_plain(&said.id) || !is_whole {
            return None;
        }
        let id = said.id.as_str();
        let names = [
            Some(id.to_owned()),
            subject.map(|subject| format!("{id}/{subject}")),
        ];
        let named = names.into_iter().flatten().zip(&said.versions);
        Some(Self {
            grants: named
                .map(|(name, version)| format!("{name}#{version}"))
                .collect(),
            networks: said.networks.join(",").parse().ok()?,
            role,
            id: said.id,
        })
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
