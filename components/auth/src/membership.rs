//! Who may act in an organisation, or for it: those who belong to it, from its networks.

use shared::network::Networks;
use shared::storage::Connection;
use shared::{MemberRole, OrganizationId, Problem, Result, UserId};

use crate::origin::Origin;
use crate::store::organizations;

/// What somebody is in an organisation. 404 where they are nothing in it, as where there is none; 403 from outside of its
/// networks.
pub fn of(
    connection: &Connection,
    user: UserId,
    organization: OrganizationId,
    origin: &Origin,
) -> Result<MemberRole> {
    let (role, networks) = organizations::place(connection, organization, user)?
        .ok_or_else(|| Problem::not_found("There is no such organisation."))?;
    match admits(&networks, origin) {
        true => Ok(role),
        false => Err(Problem::forbidden(
            "From this network nobody acts in this organisation.",
        )),
    }
}

/// The same, of those alone who look after it: 403 for others.
pub fn administrator(
    connection: &Connection,
    user: UserId,
    organization: OrganizationId,
    origin: &Origin,
) -> Result<()> {
    match of(connection, user, organization, origin)?.governs(MemberRole::Admin) {
        true => Ok(()),
        false => Err(Problem::forbidden(
            "It takes an admin of the organisation, or an owner.",
        )),
    }
}

/// Whether the networks, if any are named, contain where a request comes from. Such as cannot be read contain nothing.
fn admits(networks: &[String], origin: &Origin) -> bool {
    let parsed = networks.join(",").parse::<Networks>();
    networks.is_empty()
        || parsed.is_ok_and(|networks| networks.admit(origin.ip.as_deref().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_networks_everybody_is_let_in_and_with_them_who_is_inside() {
        let from = |ip: &str| Origin {
            ip: Some(ip.to_owned()),
            user_agent: None,
        };
        let networks = ["192.0.2.0/24".to_owned(), "2001:db8::/32".to_owned()];
        assert!(admits(&[], &from("203.0.113.1")) && admits(&[], &Origin::NOWHERE));
        assert!(admits(&networks, &from("192.0.2.1")) && admits(&networks, &from("2001:db8::1")));
        assert!(!admits(&networks, &from("203.0.113.1")) && !admits(&networks, &Origin::NOWHERE));
        assert!(!admits(&["nonsense".to_owned()], &from("192.0.2.1")));
    }
}
