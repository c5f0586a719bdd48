-- What a user tells others about themselves. Accounts and passwords are auth's, and are not here.
CREATE TABLE profiles (
    id         TEXT    NOT NULL PRIMARY KEY, -- usr_…, so that the order of ids is that of time
    email      TEXT,                         -- as the latest token said
    name       TEXT,
    locale     TEXT,                         -- BCP 47
    version    INTEGER NOT NULL DEFAULT 1,   -- the ETag
    created_at INTEGER NOT NULL,             -- milliseconds, as is the next
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
