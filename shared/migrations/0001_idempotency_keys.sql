-- Answers already given to requests that carried an Idempotency-Key.
-- A row without a status is a claim: somebody is working on the answer.
CREATE TABLE _idempotency_keys (
    scope       TEXT    NOT NULL, -- whose key it is: a user id
    key         TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL, -- SHA-256 of what was asked
    claim       TEXT    NOT NULL, -- which attempt may store the answer
    claimed_at  INTEGER NOT NULL, -- milliseconds
    status      INTEGER,
    body        TEXT,
    PRIMARY KEY (scope, key),
    CHECK ((status IS NULL) = (body IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX _idempotency_keys_by_age ON _idempotency_keys (claimed_at);
