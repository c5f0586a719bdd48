//! Issued invoices and their lines.

use crate::id::{InvoiceId, SubscriptionId};
use crate::rules::invoicing::{Draft, InvoiceNumber, Line, Status};
use crate::rules::ledger::Journal;
use crate::rules::period::Period;
use crate::store::ledger;
use crate::store::subscriptions::Subscription;
use serde::Deserialize;
use shared::storage::{Connection, Error, Transaction, params};
use shared::{Currency, Money, Timestamp, UserId};

/// An invoice as it is stored, without its lines.
#[derive(Debug, Deserialize)]
pub struct Invoice {
    pub id: InvoiceId,
    pub user_id: UserId,
    pub subscription_id: SubscriptionId,
    year: i16,
    sequence: i64,
    pub status: Status,
    pub currency: Currency,
    subtotal: i64,
    total: i64,
    period_start: Timestamp,
    period_end: Timestamp,
    pub issued_at: Timestamp,
    pub version: i64,
}

impl Invoice {
    pub fn number(&self) -> InvoiceNumber {
        InvoiceNumber {
            year: self.year,
            sequence: self.sequence,
        }
    }

    pub fn subtotal(&self) -> Money {
        Money::new(self.subtotal, self.currency)
    }

    pub fn total(&self) -> Money {
        Money::new(self.total, self.currency)
    }

    pub fn period(&self) -> Period {
        Period {
            start: self.period_start,
            end: self.period_end,
        }
    }
}

/// Issues `draft` to the subscriber: posts it to the ledger, stores its lines, and gives it the next number of the year. The
/// transaction holds the write lock, so no two invoices see the same last number, and one that is rolled back leaves
/// no gap.
pub fn issue(
    tx: &Transaction,
    subscription: &Subscription,
    draft: &Draft,
    period: Period,
    now: Timestamp,
) -> Result<InvoiceId, Error> {
    let id = InvoiceId::new();
    let total = draft.total();
    let journal = Journal::invoice(subscription.user_id, &subscription.family, total)
        .map(|journal| ledger::post_invoice(tx, &journal, now))
        .transpose()?;
    for (line, position) in draft.lines().iter().zip(1_i64..) {
        tx.execute(
            "INSERT INTO invoice_lines (invoice_id, position, description, quantity, unit_amount, amount)
             VALUES (?, ?, ?, ?, ?, ?)",
            params![id, position, line.description, line.quantity, line.unit_price.amount, line.amount.amount],
        )?;
    }
    tx.execute(
        "INSERT INTO invoices (id, user_id, subscription_id, year, sequence, status, currency, subtotal, total,
                               period_start, period_end, issued_at, journal_id)
         VALUES (?1, ?2, ?3, ?4, (SELECT coalesce(max(sequence), 0) + 1 FROM invoices WHERE year = ?4),
                 ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11)",
        params![
            id,
            subscription.user_id,
            subscription.id,
            InvoiceNumber::year_of(now),
            draft.status().as_str(),
            total.currency,
            total.amount,
            period.start,
            period.end,
            now,
            journal
        ],
    )?;
    Ok(id)
}

/// One invoice, whoever's it is.
pub fn find(db: &Connection, id: InvoiceId) -> Result<Option<Invoice>, Error> {
    db.query_one(
        "SELECT id, user_id, subscription_id, year, sequence, status, currency, subtotal, total,
                period_start, period_end, issued_at, version
         FROM invoices WHERE id = ?",
        params![id],
    )
}

/// No id sorts after `inv_~`, so the first page is a range of the index like every other.
/// At most `limit` invoices of a user, the newest first, from after `after`.
pub fn list(
    db: &Connection,
    user: UserId,
    after: Option<InvoiceId>,
    limit: u32,
) -> Result<Vec<Invoice>, Error> {
    db.query(
        "SELECT id, user_id, subscription_id, year, sequence, status, currency, subtotal, total,
                period_start, period_end, issued_at, version
         FROM invoices WHERE user_id = ?1 AND id < coalesce(?2, 'inv_~') ORDER BY id DESC LIMIT ?3",
        params![user, after, limit],
    )
}

/// The lines of an invoice, in order.
pub fn lines(db: &Connection, invoice: &Invoice) -> Result<Vec<Line>, Error> {
    #[derive(Deserialize)]
    struct Row {
        description: String,
        quantity: i64,
        unit_amount: i64,
        amount: i64,
    }
    let rows: Vec<Row> = db.query(
        "SELECT description, quantity, unit_amount, amount FROM invoice_lines WHERE invoice_id = ? ORDER BY position",
        params![invoice.id],
    )?;
    let money = |amount| Money::new(amount, invoice.currency);
    Ok(rows
        .into_iter()
        .map(|row| Line {
            description: row.description,
            quantity: row.quantity,
            unit_price: money(row.unit_amount),
            amount: money(row.amount),
        })
        .collect())
}
