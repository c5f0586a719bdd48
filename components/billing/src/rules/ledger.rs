//! The books: double entry. A [`Journal`] can only be made balanced; the database checks it again (see
//! `migrations/0004_ledger.sql`).

use shared::{Money, UserId};
use std::fmt;

/// Where money is or comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Account {
    /// What a user owes.
    Receivable(UserId),
    /// What was earned with a family of plans.
    Revenue(String),
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Receivable(user) => write!(f, "receivable:{user}"),
            Account::Revenue(family) => write!(f, "revenue:{family}"),
        }
    }
}

/// One movement of one account: a debit is positive, a credit negative.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub account: Account,
    pub amount: Money,
}

/// Entries of one event that sum to zero.
#[derive(Debug, PartialEq)]
pub struct Journal {
    entries: Vec<Entry>,
}

impl Journal {
    /// What issuing an invoice of `total` over plans of `family` does: the user owes it, and it is earned. `None` where
    /// nothing is owed, for a ledger has no entries of zero, and where the total is negative or has no opposite.
    pub fn invoice(user: UserId, family: &str, total: Money) -> Option<Journal> {
        if total.amount <= 0 {
            return None;
        }
        let credit = total.amount.checked_neg()?;
        Some(Journal {
            entries: vec![
                Entry {
                    account: Account::Receivable(user),
                    amount: total,
                },
                Entry {
                    account: Account::Revenue(family.to_owned()),
                    amount: Money::new(credit, total.currency),
                },
            ],
        })
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euros(amount: i64) -> Money {
        Money::new(amount, "EUR".parse().expect("a currency"))
    }

    #[test]
    fn an_invoice_debits_the_user_and_credits_revenue_by_the_same_amount() {
        let user = UserId::new();
        let journal = Journal::invoice(user, "platform", euros(1900)).expect("something is owed");
        let moved: Vec<_> = journal
            .entries()
            .iter()
            .map(|e| (e.account.to_string(), e.amount.amount))
            .collect();
        assert_eq!(
            moved,
            [
                (format!("receivable:{user}"), 1900),
                ("revenue:platform".to_owned(), -1900)
            ]
        );
        assert_eq!(moved.iter().map(|(_, amount)| amount).sum::<i64>(), 0);
    }

    #[test]
    fn an_invoice_over_nothing_moves_nothing() {
        assert_eq!(Journal::invoice(UserId::new(), "platform", euros(0)), None);
    }
}
