-- The books: double entry, append-only. A journal is one event; its entries say which accounts it moved.
--
-- Entries are written first and refer to their journal by a deferred foreign key, so no transaction can commit
-- entries without it. The journal comes last and is the seal: its insertion is refused unless the entries balance,
-- and afterwards no entry can be added. So whatever is committed sums to zero, journal by journal.

CREATE TABLE ledger_journals (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL CHECK (kind IN ('invoice')),
    posted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_entries (
    journal_id TEXT NOT NULL REFERENCES ledger_journals (id) DEFERRABLE INITIALLY DEFERRED,
    position   INTEGER NOT NULL CHECK (position > 0),
    account    TEXT NOT NULL CHECK (account GLOB '[a-z]*:?*'),
    -- In minor units: a debit is positive, a credit negative.
    amount     INTEGER NOT NULL CHECK (amount <> 0),
    currency   TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    PRIMARY KEY (journal_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_entries_by_account ON ledger_entries (account, currency, amount);

CREATE TRIGGER ledger_entries_join_an_open_journal
BEFORE INSERT ON ledger_entries
WHEN EXISTS (SELECT 1 FROM ledger_journals WHERE id = NEW.journal_id)
BEGIN
    SELECT RAISE(ABORT, 'the journal is sealed');
END;

CREATE TRIGGER ledger_journals_balance
BEFORE INSERT ON ledger_journals
BEGIN
    SELECT RAISE(ABORT, 'the journal is sealed')
    WHERE EXISTS (SELECT 1 FROM ledger_journals WHERE id = NEW.id);
    SELECT RAISE(ABORT, 'a journal needs two entries or more')
    WHERE (SELECT count(*) FROM ledger_entries WHERE journal_id = NEW.id) < 2;
    SELECT RAISE(ABORT, 'the entries of a journal sum to zero')
    WHERE EXISTS (
        SELECT 1 FROM ledger_entries WHERE journal_id = NEW.id GROUP BY currency HAVING sum(amount) <> 0
    );
END;

CREATE TRIGGER ledger_journals_are_fixed
BEFORE UPDATE ON ledger_journals
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER ledger_journals_are_kept
BEFORE DELETE ON ledger_journals
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER ledger_entries_are_fixed
BEFORE UPDATE ON ledger_entries
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER ledger_entries_are_kept
BEFORE DELETE ON ledger_entries
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
