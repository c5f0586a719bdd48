-- Tries that go on and are not judged yet: nobody knows whether they are wrong.
ALTER TABLE throttles ADD COLUMN pending INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0);
ALTER TABLE throttles ADD COLUMN pending_at INTEGER NOT NULL DEFAULT 0; -- when the latest of them began
