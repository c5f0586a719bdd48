-- Applications of one's own that people sign in to through this one.
CREATE TABLE oauth_clients (
    id                 TEXT    NOT NULL PRIMARY KEY,             -- cli_…, so that the order of ids is that of time
    name               TEXT    NOT NULL,                         -- shown when people are asked for their consent
    secret_hash        BLOB    CHECK (length(secret_hash) = 32), -- null of those that can keep none
    old_secret_hash    BLOB    CHECK (length(old_secret_hash) = 32), -- good as well for a while after a rotation
    old_secret_ends_at INTEGER,
    redirect_uris      TEXT    NOT NULL CHECK (json_valid(redirect_uris)), -- each to the letter
    scope              TEXT    NOT NULL,                         -- all it may ask for; names separated by spaces
    version            INTEGER NOT NULL DEFAULT 1,               -- the ETag
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    CHECK ((old_secret_hash IS NULL) = (old_secret_ends_at IS NULL))
) STRICT, WITHOUT ROWID;

-- What people agreed to, so that they are not asked again.
CREATE TABLE oauth_consents (
    account_id TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    client_id  TEXT    NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
    scope      TEXT    NOT NULL,                                 -- names separated by spaces
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, client_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX oauth_consents_by_client ON oauth_consents (client_id);

-- Which sessions are an application's, and what it may see in them.
CREATE TABLE oauth_grants (
    session_id TEXT    NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    client_id  TEXT    NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
    scope      TEXT    NOT NULL,                                 -- names separated by spaces
    code_hash  BLOB    NOT NULL UNIQUE CHECK (length(code_hash) = 32) -- of the code it was begun with
) STRICT, WITHOUT ROWID;

CREATE INDEX oauth_grants_by_client ON oauth_grants (client_id);
