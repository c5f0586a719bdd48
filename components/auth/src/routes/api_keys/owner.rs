//! Whose keys somebody may look after: their own, and those of organisations that they look after.

use shared::storage::Connection;
use shared::{Caller, OrganizationId, Result};

use super::no_key;
use crate::api_key::{ApiKeyId, Owner};
use crate::membership;
use crate::origin::Origin;
use crate::store::api_keys;

/// Whose keys are asked for: the caller's own where no organisation is named.
pub fn chosen(
    connection: &Connection,
    caller: &Caller,
    organization: Option<OrganizationId>,
    origin: &Origin,
) -> Result<Owner> {
    match organization {
        None => Ok(Owner::Account(caller.user)),
        Some(organization) => {
            membership::administrator(connection, caller.user, organization, origin)?;
            Ok(Owner::Organization(organization))
        }
    }
}

/// Makes sure that the key is the caller's to look after. 404 for one of somebody else, as for one that never was.
pub fn require(
    connection: &Connection,
    caller: &Caller,
    id: ApiKeyId,
    origin: &Origin,
) -> Result<()> {
    match api_keys::owner(connection, id)? {
        Some(Owner::Account(account)) if account == caller.user => Ok(()),
        Some(Owner::Organization(organization)) => {
            membership::administrator(connection, caller.user, organization, origin)
                .map_err(|_| no_key())
        }
        _ => Err(no_key()),
    }
}
