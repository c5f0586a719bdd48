//! Whose account it is that a provider vouches for.
//!
//! An account gets somebody's identity only if its address is proven here and at the provider. One whose address was
//! never proven here may have been made by somebody who waits for its owner to come: it gets no identity, and the
//! owner is told to prove the address first, which takes the account from whoever made it.
//!
//! Where the address makes whoever has it more than a user, that of the administrator and those of accounts with roles,
//! a provider's word on it counts for nothing: a provider that lets people claim addresses would else make
//! administrators. It is proven by our own mail, and its owner links a provider while signed in.

use shared::storage::Transaction;
use shared::{Problem, Result, Timestamp, UserId};

use super::Person;
use crate::account::{Account, check_email, check_name};
use crate::mail::{self, Notice};
use crate::origin::Origin;
use crate::store::audit::{self, Entry, Event};
use crate::store::identities::{self, Identity};
use crate::store::{accounts, roles};

/// The account that `person` signs in to: theirs, or one that becomes theirs, or a new one; but not that of
/// `admin_email`, nor one with roles, unless it was linked before.
pub fn account_of(
    tx: &Transaction,
    person: &Person,
    admin_email: &str,
    origin: &Origin,
    now: Timestamp,
) -> Result<Account> {
    if let Some(id) = identities::use_(tx, &person.issuer, &person.subject, now)? {
        let account = accounts::find(tx, id)?;
        return account.ok_or_else(|| Problem::unauthorized("This account is gone."));
    }
    let email = person.verified_email.as_deref().map(check_email);
    let Some(Ok(email)) = email else {
        return Err(Problem::unprocessable(
            "The provider gives no address of yours that was proven there. Prove it there, or sign in another way \
             and link the provider then.",
        ));
    };
    if email.eq_ignore_ascii_case(admin_email.trim()) {
        return Err(privileged());
    }
    match accounts::find_by_email_in(tx, &email)? {
        Some(account) if account.email_verified_at.is_some() => {
            let rights = roles::granted(tx, account.id)?.map(|granted| granted.rights(admin_email));
            if rights.is_some_and(|rights| !rights.roles.is_empty()) {
                return Err(privileged());
            }
            link(tx, &account, person, origin, now)?;
            Ok(account)
        }
        Some(_) => Err(Problem::conflict(
            "There is an account with your address, and the address was never proven. Sign in to the account \
             another way, prove the address, and try again.",
        )),
        None => {
            let account = Account {
                id: UserId::new(),
                email,
                name: person
                    .name
                    .as_deref()
                    .and_then(|name| check_name(name).ok()),
                created_at: now,
                email_verified_at: Some(now),
                email_vouched_by: Some(person.provider.clone()),
                disabled_at: None,
            };
            accounts::create(tx, &account)?;
            let entry = Entry::by(Event::SignedUp, account.id);
            audit::record(tx, &entry.with_detail(detail(person)), origin, now)?;
            add(tx, &account, person, now)?;
            Ok(account)
        }
    }
}

fn privileged() -> Problem {
    Problem::conflict(
        "The account with this address may do more than others. Sign in to it another way, and link the provider then.",
    )
}

/// Gives the account a further way in, and tells its owner.
pub fn link(
    tx: &Transaction,
    account: &Account,
    person: &Person,
    origin: &Origin,
    now: Timestamp,
) -> Result<Identity> {
    let identity = add(tx, account, person, now)?;
    let entry = Entry::by(Event::IdentityLinked, account.id).with_object(&identity.id);
    audit::record(tx, &entry.with_detail(detail(person)), origin, now)?;
    mail::notify(tx, account, Notice::IdentityLinked, origin, now)?;
    Ok(identity)
}

fn add(tx: &Transaction, account: &Account, person: &Person, now: Timestamp) -> Result<Identity> {
    let identity = identities::add(tx, account.id, person, now);
    identity.map_err(|error| {
        if error.is_unique_violation() {
            Problem::conflict("This identity is linked to an account already.")
        } else {
            error.into()
        }
    })
}

fn detail(person: &Person) -> serde_json::Value {
    serde_json::json!({"provider": person.provider, "issuer": person.issuer})
}
