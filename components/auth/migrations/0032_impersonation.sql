-- Sessions in which somebody acts as somebody else: they end with the session in which they were begun, and when what the
-- actor may do changes.
ALTER TABLE sessions ADD COLUMN actor_id TEXT REFERENCES accounts (id) ON DELETE CASCADE;
ALTER TABLE sessions ADD COLUMN actor_session TEXT REFERENCES sessions (id) ON DELETE CASCADE;

CREATE INDEX sessions_by_actor ON sessions (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX sessions_by_actor_session ON sessions (actor_session) WHERE actor_session IS NOT NULL;

CREATE TRIGGER actors_whose_roles_change_act_no_more AFTER UPDATE OF roles_version ON accounts
BEGIN
    DELETE FROM sessions WHERE actor_id = NEW.id;
END;
