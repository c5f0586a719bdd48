//! What an account is, and what may stand in one.

use serde::Deserialize;
use shared::{FieldError, Timestamp, UserId};

/// RFC 5321 section 4.5.3.1, less the angle brackets that count there.
const EMAIL_LIMIT: usize = 254;
const LOCAL_PART_LIMIT: usize = 64;
/// RFC 1035 section 2.3.4.
const LABEL_LIMIT: usize = 63;
/// In characters.
const NAME_LIMIT: usize = 100;

/// Whose word it is, where somebody who is no administrator brought an account along from elsewhere.
pub const IMPORT: &str = "import";

/// Who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    pub id: UserId,
    /// As given; equal to any other spelling that differs in case alone.
    pub email: String,
    pub name: Option<String>,
    pub created_at: Timestamp,
    /// When its owner proved to read the mail sent to the address, if that was proven.
    pub email_verified_at: Option<Timestamp>,
    /// Whose word that is, where no mail of ours proved it: an identity provider's id, or [`IMPORT`].
    pub email_vouched_by: Option<String>,
    /// Since when nobody is let in with it.
    pub disabled_at: Option<Timestamp>,
}

impl Account {
    /// Whether our own mail proved that the address is its owner's. What makes somebody more than a user asks for that:
    /// whoever else vouches for addresses could else make administrators.
    pub fn is_proven(&self) -> bool {
        self.email_verified_at.is_some() && self.email_vouched_by.is_none()
    }
}

/// The address, if it is one that mail can be sent to: ASCII, without quotes or comments, and at a
/// domain with at least two labels. Other scripts' domains come in their `xn--` form.
pub fn check_email(email: &str) -> Result<String, FieldError> {
    let is_address = email.len() <= EMAIL_LIMIT
        && email
            .rsplit_once('@')
            .is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain));
    if is_address {
        Ok(email.to_owned())
    } else {
        Err(FieldError::new("email", "is not an email address"))
    }
}

/// A dot-atom of RFC 5322 section 3.2.3.
fn is_local_part(text: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    };
    text.len() <= LOCAL_PART_LIMIT && text.split('.').all(is_atom)
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_LIMIT).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_top = |label: &str| !label.bytes().all(|byte| byte.is_ascii_digit());
    text.split('.').all(is_label) && text.rsplit_once('.').is_some_and(|(_, last)| is_top(last))
}

/// The name as it is stored, without space around it.
pub fn check_name(name: &str) -> Result<String, FieldError> {
    let name = name.trim();
    let refuse = |message| Err(FieldError::new("name", message));
    if name.is_empty() {
        refuse("must not be empty")
    } else if name.chars().count() > NAME_LIMIT {
        refuse("must not be longer than 100 characters")
    } else if name.chars().any(char::is_control) {
        refuse("must not contain control characters")
    } else {
        Ok(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mail_can_be_sent_to_are_kept_as_given() {
        for email in [
            "ada@example.com",
            "Ada.Lovelace+tag@Mail.Example.co.uk",
            "o'brien_!#$%&*-/=?^`{|}~@example.com",
            "a@xn--bcher-kva.example",
            "1@1.example",
            &format!("{}@example.com", "a".repeat(64)),
        ] {
            assert_eq!(check_email(email).as_deref(), Ok(email));
        }
    }

    #[test]
    fn other_texts_are_no_addresses() {
        for email in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "ada@example..com",
            "ada@.example.com",
            "ada@example.com.",
            "ada@-example.com",
            "ada@example-.com",
            "ada@192.0.2.1",
            "ada@[192.0.2.1]",
            ".ada@example.com",
            "ada.@example.com",
            "a..da@example.com",
            "ada@b@example.com",
            "\"ada\"@example.com",
            "ada lovelace@example.com",
            " ada@example.com",
            "ada@example.com\n",
            "ada@exämple.com",
            "ädа@example.com",
            "ada@example.com\0",
            &format!("{}@example.com", "a".repeat(65)),
            &format!("ada@{}.com", "a".repeat(64)),
            &format!("ada@{}com", "a.".repeat(130)),
        ] {
            assert!(check_email(email).is_err(), "{email:?}");
        }
    }

    #[test]
    fn names_lose_the_space_around_them() {
        assert_eq!(check_name(" Ada Lovelace ").as_deref(), Ok("Ada Lovelace"));
        assert_eq!(check_name("愛").as_deref(), Ok("愛"));
        assert!(check_name(&"愛".repeat(100)).is_ok());
    }

    #[test]
    fn names_are_not_empty_long_or_deceptive() {
        for name in ["", "  ", "a\u{7}b", "a\nb", &"a".repeat(101)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }
}
