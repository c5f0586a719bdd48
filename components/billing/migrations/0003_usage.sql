-- What was used: one row an event, written once, the source of every usage charge. The primary key is the
-- deduplication: the id is the sender's, and unique for one user.

CREATE TABLE usage_events (
    user_id         TEXT NOT NULL,
    id              TEXT NOT NULL CHECK (length(id) BETWEEN 1 AND 128),
    subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
    meter_id        TEXT NOT NULL REFERENCES meters (id),
    quantity        INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 1000000000),
    -- When it was used, and when we were told: milliseconds since 1970 UTC.
    at              INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;

-- Covers the sum over a period, so that it never touches the rows themselves.
CREATE INDEX usage_events_by_period ON usage_events (subscription_id, meter_id, at, quantity);

CREATE TRIGGER usage_events_are_fixed
BEFORE UPDATE ON usage_events
BEGIN
    SELECT RAISE(ABORT, 'usage events are append-only');
END;

CREATE TRIGGER usage_events_are_kept
BEFORE DELETE ON usage_events
BEGIN
    SELECT RAISE(ABORT, 'usage events are append-only');
END;
