//! The database's own guarantees: what the schema refuses, whatever the code above it does.

use rusqlite::{Connection, params};

const MIGRATIONS: [&str; 5] = [
    include_str!("../migrations/0001_catalogue.sql"),
    include_str!("../migrations/0002_subscriptions.sql"),
    include_str!("../migrations/0003_usage.sql"),
    include_str!("../migrations/0004_ledger.sql"),
    include_str!("../migrations/0005_invoices.sql"),
];

/// A migrated database in memory in which `usr_1` is subscribed to starter.
fn subscribed() -> Connection {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch("PRAGMA foreign_keys = ON")
        .expect("foreign keys");
    for migration in MIGRATIONS {
        db.execute_batch(migration).expect("a migration");
    }
    db.execute_batch(
        "INSERT INTO subscriptions (id, user_id, plan_id, family, started_at)
         VALUES ('sub_1', 'usr_1', 'starter', 'platform', 1000)",
    )
    .expect("a subscription");
    db
}

fn entry(
    db: &Connection,
    journal: &str,
    position: i64,
    account: &str,
    amount: i64,
) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO ledger_entries (journal_id, position, account, amount, currency) VALUES (?, ?, ?, ?, 'EUR')",
        params![journal, position, account, amount],
    )
}

fn seal_journal(db: &Connection, journal: &str) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO ledger_journals (id, kind, posted_at) VALUES (?, 'invoice', 1000)",
        [journal],
    )
}

/// A sealed journal in which `usr_1` owes 1900.
fn journal(db: &Connection, id: &str) {
    entry(db, id, 1, "receivable:usr_1", 1900).expect("a debit");
    entry(db, id, 2, "revenue:platform", -1900).expect("a credit");
    seal_journal(db, id).expect("a balanced journal");
}

fn line(db: &Connection, invoice: &str, position: i64, amount: i64) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO invoice_lines (invoice_id, position, description, quantity, unit_amount, amount)
         VALUES (?1, ?2, 'Starter', 1, ?3, ?3)",
        params![invoice, position, amount],
    )
}

/// Issues invoice `id` for the period starting at `start`, with these figures.
fn issue(
    db: &Connection,
    id: &str,
    start: i64,
    sequence: i64,
    total: i64,
    journal: &str,
) -> rusqlite::Result<usize> {
    db.execute(
        "INSERT INTO invoices (id, user_id, subscription_id, year, sequence, status, currency, subtotal, total,
                               period_start, period_end, issued_at, journal_id)
         VALUES (?1, 'usr_1', 'sub_1', 2026, ?3, 'open', 'EUR', ?4, ?4, ?2, ?2 + 1, 1000, ?5)",
        params![id, start, sequence, total, journal],
    )
}

/// A database with one issued invoice, `inv_1`, over 1900.
fn invoiced() -> Connection {
    let mut db = subscribed();
    let tx = db.transaction().expect("a transaction");
    journal(&tx, "jrn_1");
    line(&tx, "inv_1", 1, 1900).expect("a line");
    issue(&tx, "inv_1", 1000, 1, 1900, "jrn_1").expect("an invoice");
    tx.commit().expect("a commit");
    db
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: rusqlite::Result<T>, reason: &str) {
    let refusal = result.expect_err("it should be refused").to_string();
    assert!(
        refusal.contains(reason),
        "refused because {refusal:?}, and not because {reason:?}"
    );
}

#[test]
fn a_journal_that_does_not_balance_is_refused() {
    let mut db = subscribed();
    let tx = db.transaction().expect("a transaction");
    entry(&tx, "jrn_1", 1, "receivable:usr_1", 1900).expect("a debit");
    entry(&tx, "jrn_1", 2, "revenue:platform", -1899).expect("a credit");
    assert_refused(seal_journal(&tx, "jrn_1"), "sum to zero");
}

#[test]
fn amounts_of_two_currencies_do_not_balance_each_other() {
    let mut db = subscribed();
    let tx = db.transaction().expect("a transaction");
    entry(&tx, "jrn_1", 1, "receivable:usr_1", 1900).expect("a debit");
    tx.execute(
        "INSERT INTO ledger_entries VALUES ('jrn_1', 2, 'revenue:platform', -1900, 'USD')",
        [],
    )
    .expect("a credit");
    assert_refused(seal_journal(&tx, "jrn_1"), "sum to zero");
}

#[test]
fn entries_without_their_journal_are_never_committed() {
    let mut db = subscribed();
    let tx = db.transaction().expect("a transaction");
    entry(&tx, "jrn_1", 1, "receivable:usr_1", 1900).expect("a debit");
    assert_refused(tx.commit(), "FOREIGN KEY");
}

#[test]
fn a_sealed_journal_takes_no_further_entry_and_no_replacement() {
    let db = invoiced();
    assert_refused(entry(&db, "jrn_1", 3, "revenue:platform", -1), "sealed");
    assert_refused(
        db.execute(
            "INSERT OR REPLACE INTO ledger_entries VALUES ('jrn_1', 1, 'revenue:x', 1, 'EUR')",
            [],
        ),
        "sealed",
    );
    assert_refused(
        db.execute(
            "INSERT OR REPLACE INTO ledger_journals VALUES ('jrn_1', 'invoice', 2000)",
            [],
        ),
        "sealed",
    );
}

#[test]
fn history_is_neither_changed_nor_deleted() {
    let db = invoiced();
    db.execute(
        "INSERT INTO usage_events VALUES ('usr_1', 'evt-1', 'sub_1', 'api_calls', 5, 1500, 1500)",
        [],
    )
    .expect("an event");
    for table in ["ledger_entries", "ledger_journals", "usage_events"] {
        assert_refused(
            db.execute(&format!("DELETE FROM {table}"), []),
            "append-only",
        );
    }
    assert_refused(
        db.execute("UPDATE ledger_entries SET amount = amount + 1", []),
        "append-only",
    );
    assert_refused(
        db.execute("UPDATE ledger_journals SET posted_at = 0", []),
        "append-only",
    );
    assert_refused(
        db.execute("UPDATE usage_events SET quantity = 1", []),
        "append-only",
    );
    for table in ["invoices", "invoice_lines"] {
        assert_refused(
            db.execute(&format!("DELETE FROM {table}"), []),
            "an issued invoice",
        );
    }
    assert_refused(
        db.execute("UPDATE invoice_lines SET description = 'x'", []),
        "never changes",
    );
    assert_refused(db.execute("UPDATE plans SET price = 0", []), "never change");
    assert_refused(
        db.execute("UPDATE plan_meters SET included = 0", []),
        "never change",
    );
}

#[test]
fn an_issued_invoice_changes_its_status_and_nothing_else() {
    let db = invoiced();
    db.execute(
        "UPDATE invoices SET status = 'paid', version = version + 1",
        [],
    )
    .expect("a payment");
    for column in [
        "id",
        "user_id",
        "subscription_id",
        "year",
        "sequence",
        "currency",
        "subtotal",
        "total",
        "period_start",
        "period_end",
        "issued_at",
        "journal_id",
    ] {
        assert_refused(
            db.execute(&format!("UPDATE invoices SET {column} = {column}"), []),
            "never changes",
        );
    }
    assert_refused(line(&db, "inv_1", 2, 100), "issued");
}

#[test]
fn an_invoice_whose_lines_sum_to_something_else_is_refused() {
    let mut db = subscribed();
    let tx = db.transaction().expect("a transaction");
    journal(&tx, "jrn_1");
    assert_refused(issue(&tx, "inv_1", 1000, 1, 1900, "jrn_1"), "lines");
    line(&tx, "inv_1", 1, 1899).expect("a line");
    assert_refused(issue(&tx, "inv_1", 1000, 1, 1900, "jrn_1"), "lines");
}

#[test]
fn a_line_whose_amount_is_not_quantity_times_price_is_refused() {
    let db = subscribed();
    let wrong = "INSERT INTO invoice_lines VALUES ('inv_1', 1, 'Starter', 3, 100, 200)";
    assert_refused(db.execute(wrong, []), "CHECK");
}

#[test]
fn an_invoice_that_the_ledger_does_not_show_is_refused() {
    let mut db = subscribed();
    let tx = db.transaction().expect("a transaction");
    journal(&tx, "jrn_1");
    line(&tx, "inv_1", 1, 2000).expect("a line");
    assert_refused(issue(&tx, "inv_1", 1000, 1, 2000, "jrn_1"), "another debt");
    assert_refused(
        issue(&tx, "inv_1", 1000, 1, 2000, "jrn_none"),
        "another debt",
    );
}

#[test]
fn two_invoices_cannot_claim_one_journal() {
    let mut db = invoiced();
    let tx = db.transaction().expect("a transaction");
    line(&tx, "inv_2", 1, 1900).expect("a line");
    assert_refused(issue(&tx, "inv_2", 2000, 2, 1900, "jrn_1"), "UNIQUE");
}

#[test]
fn a_number_that_leaves_a_gap_or_repeats_is_refused() {
    let mut db = invoiced();
    let tx = db.transaction().expect("a transaction");
    journal(&tx, "jrn_2");
    line(&tx, "inv_2", 1, 1900).expect("a line");
    for wrong in [1, 3] {
        assert_refused(issue(&tx, "inv_2", 2000, wrong, 1900, "jrn_2"), "no gap");
    }
    issue(&tx, "inv_2", 2000, 2, 1900, "jrn_2").expect("the next number");
}

#[test]
fn a_period_is_invoiced_once() {
    let mut db = invoiced();
    let tx = db.transaction().expect("a transaction");
    journal(&tx, "jrn_2");
    line(&tx, "inv_2", 1, 1900).expect("a line");
    assert_refused(issue(&tx, "inv_2", 1000, 2, 1900, "jrn_2"), "UNIQUE");
}

#[test]
fn a_user_has_one_active_subscription_of_a_family_and_any_number_of_ended_ones() {
    let db = subscribed();
    let again = "INSERT INTO subscriptions (id, user_id, plan_id, family, started_at)
                 VALUES ('sub_2', 'usr_1', 'team', 'platform', 3000)";
    assert_refused(db.execute(again, []), "UNIQUE");
    db.execute(
        "UPDATE subscriptions SET ended_at = 2000 WHERE id = 'sub_1'",
        [],
    )
    .expect("an end");
    db.execute(again, []).expect("another subscription");
}

#[test]
fn a_usage_event_is_stored_once_for_one_user() {
    let db = subscribed();
    let event = "INSERT INTO usage_events VALUES (?, 'evt-1', 'sub_1', 'api_calls', 5, 1500, 1500)";
    db.execute(event, ["usr_1"]).expect("an event");
    assert_refused(db.execute(event, ["usr_1"]), "UNIQUE");
    db.execute(event, ["usr_2"])
        .expect("the same id of another user");
}
