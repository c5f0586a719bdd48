-- What others must learn of: written with what it tells of, delivered at least once, removed then.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    kind       TEXT    NOT NULL,                                 -- who delivers it: mail, webhook, event
    payload    TEXT    NOT NULL CHECK (json_valid(payload)),
    created_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER,                                          -- when to try (again); null: given up
    failure    TEXT                                              -- of the latest attempt
) STRICT;

CREATE INDEX outbox_by_due ON outbox (due_at) WHERE due_at IS NOT NULL;
