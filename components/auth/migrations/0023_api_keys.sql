-- Keys that programs sign in with, in their owners' names. One that was revoked has no row; that it was there, the
-- audit tells.
CREATE TABLE api_keys (
    id             TEXT    NOT NULL PRIMARY KEY,                 -- apk_…, so that the order of ids is that of time
    account_id     TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name           TEXT    NOT NULL,
    prefix         TEXT    NOT NULL,                             -- how the secret begins, to tell it by
    hash           BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32), -- SHA-256 of the secret
    old_hash       BLOB    UNIQUE CHECK (length(old_hash) = 32), -- of the one before, which is good until its end
    old_ends_at    INTEGER,
    scopes         TEXT    NOT NULL CHECK (json_valid(scopes)),  -- array of names; see api_key.rs
    rate_limit     INTEGER CHECK (rate_limit > 0),               -- requests a minute; null: as many as it likes
    expires_at     INTEGER,                                      -- null: never
    version        INTEGER NOT NULL DEFAULT 1,                   -- the ETag
    created_at     INTEGER NOT NULL,
    last_used_at   INTEGER,                                      -- to the minute
    window_ends_at INTEGER NOT NULL DEFAULT 0,                   -- of the minute whose requests are counted
    window_used    INTEGER NOT NULL DEFAULT 0,
    CHECK ((old_hash IS NULL) = (old_ends_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_account ON api_keys (account_id, id);
