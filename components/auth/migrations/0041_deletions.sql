-- Accounts whose owners asked to have them removed, until they are. Nobody is signed in with one of them; who signs in
-- takes it back.
CREATE TABLE account_deletions (
    account_id TEXT    NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    asked_at   INTEGER NOT NULL,
    due_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX account_deletions_by_due ON account_deletions (due_at);
