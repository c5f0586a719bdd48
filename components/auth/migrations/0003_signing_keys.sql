-- The keys that access tokens are signed with. Nothing but this component can open this database.
-- To rotate: set `current` of the old key to null. It is still published, so that its tokens stay
-- good; the next instance that starts makes a new one.
CREATE TABLE signing_keys (
    id         TEXT    NOT NULL PRIMARY KEY,                     -- RFC 7638 thumbprint
    seed       BLOB    NOT NULL CHECK (length(seed) = 32),       -- Ed25519, RFC 8032
    current    INTEGER UNIQUE CHECK (current = 1),               -- 1 for the one that signs, else null
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
