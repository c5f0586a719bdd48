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
}

impl Identity {
    /// Keeps of the claims what can be told in headers without being taken for something else.
    /// `None` where the subject itself cannot; a session, an address or a role that cannot is left
    /// out, which never gives more rights.
    pub fn from_claims(
        subject: String,
        session: Option<String>,
        email: Option<String>,
        roles: Vec<String>,
    ) -> Option<Self> {
        is_plain(&subject).then(|| Self {
            user: subject,
            session: session.filter(|session| is_plain(session)),
            email: email.filter(|email| is_plain(email)),
            roles: roles
                .into_iter()
                // A comma would make two roles of one: "support,admin".
                .filter(|role| is_plain(role) && !role.contains(','))
                .collect::<Vec<_>>()
                .join(","),
        })
    }

    /// The same without the roles: it may do what everybody may.
    pub fn without_roles(&self) -> Self {
        Self {
            roles: String::new(),
            ..self.clone()
        }
    }

    /// The identity headers.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let session = self.session.as_deref();
        let email = self.email.as_deref();
        [
            Some((headers::USER, self.user.as_str())),
            session.map(|session| (headers::SESSION, session)),
            email.map(|email| (headers::EMAIL, email)),
            Some((headers::ROLES, self.roles.as_str())),
        ]
        .into_iter()
        .flatten()
    }
}

/// Visible ASCII, and not too much of it.
fn is_plain(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(subject: &str, email: &str, roles: &[&str]) -> Option<Identity> {
        Identity::from_claims(
            subject.into(),
            None,
            Some(email.into()),
            roles.iter().map(|role| role.to_string()).collect(),
        )
    }

    #[test]
    fn a_role_cannot_become_two() {
        let identity = identity("usr_1", "a@example.com", &["support,admin", "editor"]).unwrap();
        assert_eq!(identity.roles, "editor");
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_left_out() {
        let identity = identity("usr_1", "a@example.com\r\nx-admin: 1", &["a b", ""]).unwrap();
        assert_eq!(identity.email, None);
        assert!(identity.roles.is_empty());
    }

    #[test]
    fn without_a_plain_subject_there_is_no_identity() {
        for subject in ["", "a\nb", "a b", "é", &"x".repeat(256)] {
            assert_eq!(identity(subject, "a@example.com", &[]), None, "{subject}");
        }
    }
}
