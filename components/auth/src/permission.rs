//! The permissions that endpoints here ask for, each a type, so that a handler cannot be written that forgets to ask:
//! see [`crate::permitted`].

/// What one must have to do something that is not about oneself.
pub trait Permission {
    /// As roles and tokens have it.
    const NAME: &'static str;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $kind:ident = $name:literal;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $kind;

            impl Permission for $kind {
                const NAME: &'static str = $name;
            }
        )+

        #[cfg(test)]
        const KNOWN: &[&str] = &[$($name),+];
    };
}

permissions! {
    /// See accounts.
    AccountsRead = "accounts.read";
    /// Let nobody in with an account, or somebody again.
    AccountsDisable = "accounts.disable";
    /// Remove accounts.
    AccountsDelete = "accounts.delete";
    /// Act as somebody else for an hour.
    AccountsImpersonate = "accounts.impersonate";
    /// Have somebody choose a new password.
    PasswordsReset = "passwords.reset";
    /// Take somebody's second factors.
    FactorsReset = "factors.reset";
    /// See where somebody is signed in.
    SessionsRead = "sessions.read";
    /// Sign somebody out.
    SessionsEnd = "sessions.end";
    /// See what happened, and have it verified.
    AuditRead = "audit.read";
    /// See roles.
    RolesRead = "roles.read";
    /// Make, change and remove roles, of permissions that one has.
    RolesManage = "roles.manage";
    /// Give and take roles, of permissions that one has.
    RolesGrant = "roles.grant";
    /// Make accounts, of other systems too.
    AccountsCreate = "accounts.create";
    /// Change whom webhooks tell of what happens.
    WebhooksManage = "webhooks.manage";
    /// Register applications that people may sign in to.
    OauthClientsManage = "oauth-clients.manage";
    /// Have delivered what is due.
    OutboxDeliver = "outbox.deliver";
    /// Have tokens signed with another key.
    SigningKeysRotate = "signing-keys.rotate";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_name_that_roles_can_hold() {
        for name in KNOWN {
            assert!(shared::permission::is_name(name), "{name}");
        }
    }
}
