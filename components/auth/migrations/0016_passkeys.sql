-- Keys that people's devices hold, and what they are verified with.
CREATE TABLE passkeys (
    id              TEXT    NOT NULL PRIMARY KEY,                -- psk_…
    account_id      TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    credential_id   BLOB    NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023), -- chosen by the device
    algorithm       INTEGER NOT NULL,                            -- of COSE: -7 is ES256, -8 EdDSA
    public_key      BLOB    NOT NULL,                            -- a point as SEC 1 has it, or of RFC 8032
    sign_count      INTEGER NOT NULL CHECK (sign_count >= 0),    -- by which a copy may be noticed
    backup_eligible INTEGER NOT NULL CHECK (backup_eligible IN (0, 1)), -- whether it may leave its device, for ever
    backed_up       INTEGER NOT NULL CHECK (backed_up IN (0, 1)), -- whether it did
    transports      TEXT    NOT NULL CHECK (json_valid(transports)),
    name            TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    last_used_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX passkeys_by_account ON passkeys (account_id, id);
