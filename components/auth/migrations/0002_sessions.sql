-- Who is signed in. A session that ended has no row; that it was there, the audit tells.
CREATE TABLE sessions (
    id           TEXT    NOT NULL PRIMARY KEY,                   -- ses_…, so that the order of ids is that of time
    account_id   TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    ip           TEXT,                                           -- from where it was begun
    user_agent   TEXT,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,                               -- when its latest refresh token was made
    expires_at   INTEGER NOT NULL                                -- when that token is no longer taken
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_account ON sessions (account_id, id);

-- Every refresh token of a session. One of them is good; the others were exchanged for their
-- successors, and are kept to notice when a thief, or a victim after a thief, uses one again.
CREATE TABLE refresh_tokens (
    hash       BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32), -- SHA-256 of the token
    session_id TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id, created_at);

CREATE UNIQUE INDEX refresh_tokens_one_good_of_a_session
ON refresh_tokens (session_id) WHERE rotated_at IS NULL;
