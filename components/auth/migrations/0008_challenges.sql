-- What was asked of somebody and is waited for: to follow a link, to type a code, to come back from elsewhere.
-- Answered once, and not for long.
CREATE TABLE challenges (
    secret_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(secret_hash) = 32), -- SHA-256 of what the client holds
    purpose     TEXT    NOT NULL,
    account_id  TEXT    REFERENCES accounts (id) ON DELETE CASCADE, -- null where it is nobody's yet
    code_hash   BLOB    CHECK (length(code_hash) = 32),          -- of a short code that is asked for besides
    tries_left  INTEGER NOT NULL CHECK (tries_left >= 0),        -- for the code
    data        TEXT    NOT NULL CHECK (json_valid(data)),       -- what to go on with, by purpose
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX challenges_by_account ON challenges (account_id, purpose);
CREATE INDEX challenges_by_expiry ON challenges (expires_at);
