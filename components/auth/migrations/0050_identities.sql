-- Who people are elsewhere: each at one provider, and here in one account.
CREATE TABLE identities (
    id           TEXT    NOT NULL PRIMARY KEY,                   -- idn_…, so that the order of ids is that of time
    account_id   TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    provider     TEXT    NOT NULL,                               -- its id in the configuration then
    issuer       TEXT    NOT NULL,                               -- whatever its id is: who vouches
    subject      TEXT    NOT NULL CHECK (subject <> ''),         -- whom, for ever
    email        TEXT,                                           -- proven there then; to be shown, nothing more
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    UNIQUE (issuer, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX identities_by_account ON identities (account_id, id);
