//! Who may see what belongs to a user. What a caller may not see is answered like what does not exist.

use shared::{Caller, UserId};

/// Whether `caller` may see what belongs to `owner`: the owner and administrators may.
pub fn may_see(caller: &Caller, owner: UserId) -> bool {
    caller.user == owner || caller.has_role("admin")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(roles: &[&str]) -> Caller {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        Caller {
            user: UserId::new(),
            session: None,
            email: None,
            roles,
        }
    }

    #[test]
    fn the_owner_and_administrators_see_it_and_nobody_else() {
        let (owner, stranger) = (caller(&[]), caller(&["support", "administrator"]));
        assert!(may_see(&owner, owner.user));
        assert!(may_see(&caller(&["admin"]), owner.user));
        assert!(!may_see(&stranger, owner.user));
    }
}
