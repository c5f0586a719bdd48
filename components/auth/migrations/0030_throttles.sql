-- How often somebody was wrong of late: about an account, on a device of it, or from a network. What is empty is as
-- good as not there, and goes.
CREATE TABLE throttles (
    key      BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32), -- see throttle.rs
    last_at  INTEGER NOT NULL,                                      -- of the latest try
    empty_at INTEGER NOT NULL                                       -- when all tries are forgotten, if none follows
) STRICT, WITHOUT ROWID;
CREATE INDEX throttles_by_empty_at ON throttles (empty_at);

-- Devices that somebody signed in with, by the secret they were given then.
CREATE TABLE device_tokens (
    hash       BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32), -- of the token
    account_id TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX device_tokens_by_account ON device_tokens (account_id, created_at);
