-- Issued invoices. As in the ledger, the lines come first and the invoice is their seal: it is refused unless its
-- total is the sum of its lines, its number follows the last one, and the ledger shows the same debt.

CREATE TABLE invoices (
    id              TEXT PRIMARY KEY,
    user_id         TEXT NOT NULL,
    subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
    -- The number: counted from 1 without a gap within the year (UTC) of issue.
    year            INTEGER NOT NULL CHECK (year BETWEEN 1970 AND 9999),
    sequence        INTEGER NOT NULL CHECK (sequence > 0),
    status          TEXT NOT NULL CHECK (status IN ('open', 'paid')),
    currency        TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    -- In minor units of the currency.
    subtotal        INTEGER NOT NULL CHECK (subtotal >= 0),
    total           INTEGER NOT NULL CHECK (total >= 0),
    period_start    INTEGER NOT NULL,
    period_end      INTEGER NOT NULL CHECK (period_end > period_start),
    issued_at       INTEGER NOT NULL,
    -- Null where nothing is owed: the ledger has no entries of zero.
    journal_id      TEXT UNIQUE REFERENCES ledger_journals (id),
    version         INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
    UNIQUE (year, sequence),
    -- A period is invoiced once.
    UNIQUE (subscription_id, period_start),
    CHECK ((total = 0) = (journal_id IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX invoices_by_user ON invoices (user_id, id);

CREATE TABLE invoice_lines (
    invoice_id  TEXT NOT NULL REFERENCES invoices (id) DEFERRABLE INITIALLY DEFERRED,
    position    INTEGER NOT NULL CHECK (position > 0),
    description TEXT NOT NULL,
    quantity    INTEGER NOT NULL CHECK (quantity >= 0),
    unit_amount INTEGER NOT NULL,
    amount      INTEGER NOT NULL CHECK (amount = quantity * unit_amount),
    PRIMARY KEY (invoice_id, position)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER invoice_lines_join_a_draft
BEFORE INSERT ON invoice_lines
WHEN EXISTS (SELECT 1 FROM invoices WHERE id = NEW.invoice_id)
BEGIN
    SELECT RAISE(ABORT, 'the invoice is issued');
END;

CREATE TRIGGER invoices_are_true
BEFORE INSERT ON invoices
BEGIN
    SELECT RAISE(ABORT, 'the invoice is issued')
    WHERE EXISTS (SELECT 1 FROM invoices WHERE id = NEW.id);
    SELECT RAISE(ABORT, 'an invoice has lines, and their sum is its subtotal')
    WHERE NEW.subtotal IS NOT (SELECT sum(amount) FROM invoice_lines WHERE invoice_id = NEW.id);
    SELECT RAISE(ABORT, 'the total is the subtotal')
    WHERE NEW.total <> NEW.subtotal;
    SELECT RAISE(ABORT, 'invoice numbers of a year have no gap')
    WHERE NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM invoices WHERE year = NEW.year);
    SELECT RAISE(ABORT, 'the ledger shows another debt than the invoice')
    WHERE NEW.total <> (
        SELECT coalesce(sum(amount), 0) FROM ledger_entries
        WHERE journal_id = NEW.journal_id AND account = 'receivable:' || NEW.user_id AND currency = NEW.currency
    );
END;

-- What may change after issue is the status, and the version with it.
CREATE TRIGGER invoices_are_fixed
BEFORE UPDATE OF id, user_id, subscription_id, year, sequence, currency, subtotal, total, period_start, period_end,
    issued_at, journal_id ON invoices
BEGIN
    SELECT RAISE(ABORT, 'an issued invoice never changes');
END;

CREATE TRIGGER invoices_are_kept
BEFORE DELETE ON invoices
BEGIN
    SELECT RAISE(ABORT, 'an issued invoice is never deleted');
END;

CREATE TRIGGER invoice_lines_are_fixed
BEFORE UPDATE ON invoice_lines
BEGIN
    SELECT RAISE(ABORT, 'an issued invoice never changes');
END;

CREATE TRIGGER invoice_lines_are_kept
BEFORE DELETE ON invoice_lines
BEGIN
    SELECT RAISE(ABORT, 'an issued invoice never changes');
END;
