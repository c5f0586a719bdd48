//! Organisations: what they are called, from where their members act, and how many there may be.

use std::time::Duration;

use serde::Deserialize;
use shared::network::{ClientAddr, Networks};
use shared::{FieldError, MemberRole, OrganizationId, Timestamp, UserId};

shared::id!(
    /// An invitation into an organisation.
    pub InvitationId, "ivt"
);

/// In how many somebody may be.
pub const LIMIT: u32 = 50;
/// How many members an organisation may have.
pub const MEMBERS: u32 = 1000;
/// How many may be invited at a time.
pub const INVITATIONS: u32 = 100;
/// How long an invitation is good.
pub const INVITATION: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// In characters.
const NAME: usize = 100;
const NETWORKS: usize = 32;
const EMAIL: usize = 254;

/// An organisation, as it is stored.
#[derive(Debug, Deserialize)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
    /// JSON: an array of texts.
    networks: String,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Organization {
    /// From where members may act in it; none: from anywhere.
    pub fn networks(&self) -> Vec<String> {
        // What cannot be read was not written by us; an address that is none lets nobody in.
        serde_json::from_str(&self.networks).unwrap_or_else(|_| vec![self.networks.clone()])
    }

    /// Whether members may act in it from here. Networks that cannot be read let nobody in.
    pub fn admits(&self, from: &ClientAddr) -> bool {
        let networks = self.networks().join(",").parse();
        networks.is_ok_and(|networks| from.is_in(&networks))
    }
}

/// Who belongs to one, with what their profile says.
#[derive(Debug, Deserialize)]
pub struct Member {
    pub user_id: UserId,
    pub role: MemberRole,
    pub email: Option<String>,
    pub name: Option<String>,
    pub joined_at: Timestamp,
}

/// Who is asked to.
#[derive(Debug, Deserialize)]
pub struct Invitation {
    pub id: InvitationId,
    pub organization_id: OrganizationId,
    /// What it is called.
    pub organization: String,
    pub email: String,
    pub role: MemberRole,
    pub invited_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The name as it is stored, without space around it.
pub fn check_name(name: &str) -> Result<String, FieldError> {
    let name = name.trim();
    let is_name = (1..=NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    match is_name {
        true => Ok(name.to_owned()),
        false => Err(FieldError::new("name", "must have 1 to 100 characters")),
    }
}

/// The networks, each such as it will be read.
pub fn check_networks(networks: &[String]) -> Result<Networks, FieldError> {
    let refuse = |message: String| FieldError::new("networks", message);
    if networks.len() > NETWORKS {
        return Err(refuse(format!("must not be more than {NETWORKS}")));
    }
    // One a text: separators would make two of it.
    if let Some(text) = networks.iter().find(|text| !is_one(text)) {
        return Err(refuse(format!(
            "must be addresses or networks, and {text:?} is none"
        )));
    }
    networks
        .join(",")
        .parse()
        .map_err(|error| refuse(format!("must be networks: {error}")))
}

fn is_one(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || b".:/".contains(&byte);
    (1..=49).contains(&text.len()) && text.bytes().all(is_part)
}

/// The address to write to. Whether there is a mailbox, only a mail tells.
pub fn check_email(email: &str) -> Result<String, FieldError> {
    let email = email.trim();
    let is_address = email.len() <= EMAIL
        && email.bytes().all(|byte| byte.is_ascii_graphic())
        && email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        });
    match is_address {
        true => Ok(email.to_owned()),
        false => Err(FieldError::new(
            "email",
            "must be an address, such as ada@example.com",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(list: &[&str]) -> Result<Networks, FieldError> {
        check_networks(&Vec::from_iter(list.iter().map(|text| text.to_string())))
    }

    #[test]
    fn networks_are_addresses_and_ranges_of_both_kinds_one_a_text() {
        let good = networks(&["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"]).unwrap();
        assert!(good.contain("192.0.2.9".parse().unwrap()));
        assert!(!good.contain("192.0.3.9".parse().unwrap()));
        assert!(networks(&[]).unwrap().is_empty());
        for bad in [
            "",
            " ",
            "192.0.2.0/33",
            "192.0.2.1,192.0.2.2",
            "192.0.2.1 192.0.2.2",
            "example.com",
            "*",
        ] {
            assert!(networks(&["192.0.2.0/24", bad]).is_err(), "{bad:?}");
        }
        assert!(networks(&["192.0.2.1"; NETWORKS + 1]).is_err());
    }

    #[test]
    fn a_name_is_text_of_100_characters_at_most() {
        assert_eq!(check_name("  Äcme & Co ").unwrap(), "Äcme & Co");
        for bad in ["", "  ", "a\nb", &"x".repeat(NAME + 1)] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_address_has_two_parts() {
        assert_eq!(check_email(" a@b.example ").unwrap(), "a@b.example");
        for bad in [
            "",
            "a",
            "@b.example",
            "a@b",
            "a@b@c.example",
            "a b@c.example",
            "a@b.example\r\nx: y",
        ] {
            assert!(check_email(bad).is_err(), "{bad:?}");
        }
    }
}
