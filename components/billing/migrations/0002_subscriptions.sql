-- Who takes which plan, from when. Times are milliseconds since 1970 UTC.

CREATE TABLE subscriptions (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL,
    plan_id    TEXT NOT NULL REFERENCES plans (id),
    -- Copied from the plan, because a unique index cannot look into another table.
    family     TEXT NOT NULL,
    -- The anchor of every billing period.
    started_at INTEGER NOT NULL,
    -- Null: active.
    ended_at   INTEGER CHECK (ended_at >= started_at),
    version    INTEGER NOT NULL DEFAULT 1 CHECK (version > 0)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX subscriptions_one_active_of_a_family
ON subscriptions (user_id, family) WHERE ended_at IS NULL;

CREATE INDEX subscriptions_by_user ON subscriptions (user_id, id);
