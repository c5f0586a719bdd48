-- Keys are of a person, or of an organisation: then they stay when whoever made them goes, and end with it.
CREATE TABLE api_keys_of_both (
    id              TEXT    NOT NULL PRIMARY KEY,                 -- apk_…, so that the order of ids is that of time
    account_id      TEXT    REFERENCES accounts (id) ON DELETE CASCADE,
    organization_id TEXT,                                         -- org_…
    name            TEXT    NOT NULL,
    prefix          TEXT    NOT NULL,                             -- how the secret begins, to tell it by
    hash            BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32), -- SHA-256 of the secret
    old_hash        BLOB    UNIQUE CHECK (length(old_hash) = 32), -- of the one before, which is good until its end
    old_ends_at     INTEGER,
    scopes          TEXT    NOT NULL CHECK (json_valid(scopes)),  -- array of names; see api_key.rs
    rate_limit      INTEGER CHECK (rate_limit > 0),               -- requests a minute; null: as many as it likes
    expires_at      INTEGER,                                      -- null: never
    version         INTEGER NOT NULL DEFAULT 1,                   -- the ETag
    created_at      INTEGER NOT NULL,
    last_used_at    INTEGER,                                      -- to the minute
    window_ends_at  INTEGER NOT NULL DEFAULT 0,                   -- of the minute whose requests are counted
    window_used     INTEGER NOT NULL DEFAULT 0,
    CHECK ((old_hash IS NULL) = (old_ends_at IS NULL)),
    CHECK ((account_id IS NULL) <> (organization_id IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO api_keys_of_both
SELECT id, account_id, NULL, name, prefix, hash, old_hash, old_ends_at, scopes, rate_limit, expires_at, version,
       created_at, last_used_at, window_ends_at, window_used
FROM api_keys;

DROP TABLE api_keys;
ALTER TABLE api_keys_of_both RENAME TO api_keys;

CREATE INDEX api_keys_by_account ON api_keys (account_id, id);
CREATE INDEX api_keys_by_organization ON api_keys (organization_id, id);

CREATE TRIGGER organizations_end_with_their_keys AFTER UPDATE OF is_ended ON organizations WHEN NEW.is_ended
BEGIN
    DELETE FROM api_keys WHERE organization_id = NEW.id;
END;
