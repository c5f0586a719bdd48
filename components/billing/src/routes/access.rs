//! Who may see what belongs to a user. What a caller may not see is answered like what does not exist.

use shared::{Caller, UserId};

/// The permission to see what everybody owes.
const READ: &str = "billing.read";

/// Whether `caller` may see what belongs to `owner`: the owner, and whoever may see everybody's.
pub fn may_see(caller: &Caller, owner: UserId) -> bool {
    caller.user == owner || caller.may(READ)
}

#[cfg(test)]
mod tests {
    use shared::Permissions;

    use super::*;

    fn caller(permissions: &str) -> Caller {
        Caller {
            user: UserId::new(),
            session: None,
            email: None,
            email_verified: false,
            membership: None,
            roles: vec!["admin".to_owned()],
            permissions: Permissions::parse(permissions),
            roles_version: None,
            actor: None,
            api_key: None,
        }
    }

    #[test]
    fn the_owner_and_who_may_see_everybodys_see_it_and_nobody_else() {
        let (owner, stranger) = (caller(""), caller("users.read,billing.write"));
        assert!(may_see(&owner, owner.user));
        assert!(may_see(&caller("billing.read"), owner.user));
        assert!(may_see(&caller("*"), owner.user));
        assert!(!may_see(&stranger, owner.user));
    }
}
