-- What somebody proves besides a password or a mail.

-- A generator of time-based codes, RFC 6238.
CREATE TABLE totp (
    account_id   TEXT    NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    secret       BLOB    NOT NULL,                               -- see sealed.rs
    created_at   INTEGER NOT NULL,
    confirmed_at INTEGER,                                        -- when its first code was shown; null: not in use yet
    last_step    INTEGER                                         -- of the latest code that was taken: none is taken twice
) STRICT, WITHOUT ROWID;

-- Each good once, for whoever lost the other factors.
CREATE TABLE recovery_codes (
    account_id TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    hash       BLOB    NOT NULL CHECK (length(hash) = 32),       -- SHA-256 of 80 random bits
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, hash)
) STRICT, WITHOUT ROWID;

-- How often in a row somebody who was half in guessed wrong.
CREATE TABLE guesses (
    account_id TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    what       TEXT    NOT NULL,                                 -- totp, password
    count      INTEGER NOT NULL CHECK (count > 0),
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (account_id, what)
) STRICT, WITHOUT ROWID;
