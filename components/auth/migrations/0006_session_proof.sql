-- How the session's owner proved who it is (RFC 8176, separated by spaces), and when last.
ALTER TABLE sessions ADD COLUMN methods TEXT NOT NULL DEFAULT 'pwd';
ALTER TABLE sessions ADD COLUMN authenticated_at INTEGER NOT NULL DEFAULT 0;

UPDATE sessions SET authenticated_at = created_at;
