-- What auth must learn of organisations, until it did. The number is never used twice: what has the higher one is the
-- newer, in whatever order it arrives.
CREATE TABLE outbox (
    number   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    payload  TEXT    NOT NULL CHECK (json_type(payload) = 'object'),
    attempts INTEGER NOT NULL DEFAULT 0,
    is_held  INTEGER NOT NULL DEFAULT 0,     -- whether somebody is telling it right now
    due_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX outbox_by_due ON outbox (due_at);
