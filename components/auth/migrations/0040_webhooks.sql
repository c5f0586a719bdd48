-- Whom to tell of what happens: endpoints of the application's own, and all that was, or is to be, told to them.
CREATE TABLE webhook_endpoints (
    id                 TEXT    NOT NULL PRIMARY KEY,             -- whk_…, so that the order of ids is that of time
    url                TEXT    NOT NULL,
    events             TEXT    NOT NULL CHECK (json_valid(events)), -- array of names; see webhook/event.rs
    secret             BLOB    NOT NULL,                         -- sealed; see sealed.rs
    old_secret         BLOB,                                     -- signs as well for a while after a rotation
    old_secret_ends_at INTEGER,
    failing_since      INTEGER,                                  -- null: the latest attempt succeeded
    disabled_at        INTEGER,
    version            INTEGER NOT NULL DEFAULT 1,               -- the ETag
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    CHECK ((old_secret IS NULL) = (old_secret_ends_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_deliveries (
    id              TEXT    NOT NULL PRIMARY KEY,                -- msg_…, the header webhook-id of every attempt
    endpoint_id     TEXT    NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    event           TEXT    NOT NULL,
    user_id         TEXT,                                        -- whose data stands in the payload
    payload         TEXT    NOT NULL CHECK (json_valid(payload)), -- the body, signed byte for byte
    created_at      INTEGER NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    attempted_at    INTEGER,
    response_status INTEGER,                                     -- of the latest attempt, if there was an answer
    failure         TEXT,                                        -- of the latest attempt
    delivered_at    INTEGER,
    next_attempt_at INTEGER                                      -- null: delivered, or given up
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_by_user ON webhook_deliveries (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);

-- Each kind of message is delivered on its own, so that none waits for another's slow receiver.
DROP INDEX outbox_by_due;
CREATE INDEX outbox_by_due ON outbox (kind, due_at) WHERE due_at IS NOT NULL;
