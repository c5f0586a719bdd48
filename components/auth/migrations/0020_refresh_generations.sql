-- A session's refresh tokens come in generations. Those of the current one are good; of the one before, only for a
-- moment after it was exchanged, for clients that ask twice at once; whoever shows an older one has a copy.
DROP INDEX refresh_tokens_one_good_of_a_session;

ALTER TABLE sessions ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;

-- When the current generation began.
ALTER TABLE sessions ADD COLUMN rotated_at INTEGER NOT NULL DEFAULT 0;

ALTER TABLE refresh_tokens ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;

UPDATE refresh_tokens SET generation = -1 WHERE rotated_at IS NOT NULL;

ALTER TABLE refresh_tokens DROP COLUMN rotated_at;
