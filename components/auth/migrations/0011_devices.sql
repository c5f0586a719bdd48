-- From where and with what people sign in, so that they are told when it is from elsewhere. A year after its last use
-- a device is forgotten.
CREATE TABLE devices (
    account_id   TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    fingerprint  BLOB    NOT NULL CHECK (length(fingerprint) = 32), -- see origin.rs
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, fingerprint)
) STRICT, WITHOUT ROWID;
