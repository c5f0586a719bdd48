//! What counts where the caller is: the roles of administrators may be bound to networks, and organisations to theirs.

use std::borrow::Cow;

use relay::Entries;
use shared::network::{self, Networks};

use crate::config;
use crate::identity::Identity;
use crate::refusal::Refusal;

/// The identity as it counts for this request. From outside of the networks that `admin_allowed_ips` names a
/// token's roles do not: whoever stole it can do with it what everybody may. To act as somebody else is more than that.
/// From outside of an organisation's networks its members act for themselves alone, and its keys for nobody.
pub async fn restrict<'a>(
    identity: Option<&'a Identity>,
    headers: &Entries,
) -> Result<Option<Cow<'a, Identity>>, Refusal> {
    let Some(identity) = identity else {
        return Ok(None);
    };
    let networks = &config::get().await?.admin_networks;
    let client = headers.only(network::CLIENT_ADDR).unwrap_or_default();
    let identity = if roles_count(networks, client) {
        Cow::Borrowed(identity)
    } else if identity.actor.is_some() {
        return Err(Refusal::ActsFromElsewhere);
    } else {
        Cow::Owned(identity.without_roles())
    };
    let is_inside = |networks: &Networks| roles_count(networks, client);
    match &identity.organization {
        Some(organization) if !is_inside(&organization.networks) => match identity.user {
            Some(_) => Ok(Some(Cow::Owned(identity.without_organization()))),
            None => Err(Refusal::OutsideNetworks),
        },
        _ => Ok(Some(identity)),
    }
}

/// Another component, which has no address, acts for somebody who may be anywhere.
fn roles_count(networks: &Networks, client_addr: &str) -> bool {
    networks.is_empty()
        || network::client(client_addr).is_some_and(|address| networks.contain(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_count_in_the_networks_named_and_nowhere_else() {
        let networks: Networks = "192.0.2.0/24, 2001:db8::/32".parse().unwrap();
        for inside in ["192.0.2.1:80", "[::ffff:192.0.2.1]:80", "[2001:db8::1]:80"] {
            assert!(roles_count(&networks, inside), "{inside}");
        }
        for outside in [
            "192.0.3.1:80",
            "[2001:db9::1]:80",
            "0.0.0.0:0",
            "unknown",
            "",
        ] {
            assert!(!roles_count(&networks, outside), "{outside}");
            assert!(roles_count(&Networks::default(), outside), "{outside}");
        }
    }
}
