-- The audit, each entry sealed with the one before it: whoever changes, removes or slips in an entry behind the
-- triggers' back would have to seal every later one anew, and the last seal is known outside.
CREATE TABLE audit_log (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    event      TEXT    NOT NULL CHECK (event GLOB '[a-z]*'),
    actor      TEXT,                                             -- usr_…; null: nobody who proved it
    subject    TEXT,                                             -- the usr_… it happened to, if there is one
    object     TEXT,                                             -- what of theirs: ses_…, key_…
    ip         TEXT,
    user_agent TEXT,
    detail     TEXT    CHECK (detail IS NULL OR json_valid(detail)),
    seal       BLOB    NOT NULL CHECK (length(seal) = 32)        -- see audit.rs
) STRICT;

-- What was written before there were seals has one of zeros.
INSERT INTO audit_log (id, at, event, actor, subject, object, ip, seal)
SELECT id, at, event, actor,
       CASE WHEN subject GLOB 'usr_*' THEN subject ELSE actor END,
       CASE WHEN subject GLOB 'ses_*' THEN subject END,
       ip, zeroblob(32)
FROM audit;

DROP TABLE audit;

CREATE INDEX audit_log_by_subject ON audit_log (subject, id);
CREATE INDEX audit_log_by_actor ON audit_log (actor, id);

CREATE TRIGGER audit_log_is_never_changed BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
