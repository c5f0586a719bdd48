-- A password is one way in among others: an account may have none.
CREATE TABLE passwords (
    account_id TEXT    NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    hash       TEXT    NOT NULL CHECK (hash GLOB '$*'),          -- PHC string, or crypt(3)'s `$2b$…`
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO passwords (account_id, hash, changed_at) SELECT id, password_hash, created_at FROM accounts;

ALTER TABLE accounts DROP COLUMN password_hash;

-- When somebody proved to read the mail sent to it; null until then.
ALTER TABLE accounts ADD COLUMN email_verified_at INTEGER;

-- Since when nobody is let in with it; null where everything is well.
ALTER TABLE accounts ADD COLUMN disabled_at INTEGER;
