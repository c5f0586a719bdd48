//! The books. Entries first, then the journal that seals them: see `migrations/0004_ledger.sql`.

use crate::id::JournalId;
use crate::rules::ledger::Journal;
use shared::Timestamp;
use shared::storage::{Error, Transaction, params};

/// Posts the journal of an issued invoice.
pub fn post_invoice(
    tx: &Transaction,
    journal: &Journal,
    now: Timestamp,
) -> Result<JournalId, Error> {
    let id = JournalId::new();
    for (entry, position) in journal.entries().iter().zip(1_i64..) {
        tx.execute(
            "INSERT INTO ledger_entries (journal_id, position, account, amount, currency) VALUES (?, ?, ?, ?, ?)",
            params![id, position, entry.account.to_string(), entry.amount.amount, entry.amount.currency],
        )?;
    }
    tx.execute(
        "INSERT INTO ledger_journals (id, kind, posted_at) VALUES (?, 'invoice', ?)",
        params![id, now],
    )?;
    Ok(id)
}
