-- What happened to accounts and sessions, for ever. No passwords, no tokens, no hashes of them, and
-- no address that somebody merely tried.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    event   TEXT    NOT NULL CHECK (event IN (
        'sign-up', 'sign-in', 'sign-in-failed', 'refresh-reused', 'sign-out', 'session-revoked'
    )),
    actor   TEXT,                                                -- usr_…; null: nobody who proved it
    subject TEXT,                                                -- the usr_… or ses_… it happened to, if there is one
    ip      TEXT
) STRICT;

CREATE INDEX audit_by_subject ON audit (subject, id);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
