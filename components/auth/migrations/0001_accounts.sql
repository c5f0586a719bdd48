-- Who may sign in, and how they prove it.
CREATE TABLE accounts (
    id            TEXT    NOT NULL PRIMARY KEY,                  -- usr_…
    email         TEXT    NOT NULL UNIQUE COLLATE NOCASE,        -- ASCII, as given; one account whatever its case
    name          TEXT,
    password_hash TEXT    NOT NULL CHECK (password_hash GLOB '$argon2id$*'), -- PHC string
    created_at    INTEGER NOT NULL                               -- milliseconds, as everywhere here
) STRICT, WITHOUT ROWID;
