-- What auth has to know of organisations, which are the component users': it tells of every change, at least once and in
-- any order. What has the higher version is the newer. Rows stay when what they tell of is over, so that nothing older
-- can bring it back.
CREATE TABLE organizations (
    id       TEXT    NOT NULL PRIMARY KEY,                       -- org_…
    networks TEXT    NOT NULL DEFAULT '[]' CHECK (json_type(networks) = 'array'),
    is_ended INTEGER NOT NULL DEFAULT 0 CHECK (is_ended IN (0, 1)),
    version  INTEGER NOT NULL,
    changed  INTEGER NOT NULL                                    -- the version of the latest change that tokens tell of
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
    organization_id TEXT    NOT NULL,
    user_id         TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    role            TEXT    CHECK (role IN ('owner', 'admin', 'member')), -- null: no longer
    version         INTEGER NOT NULL,
    changed         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_by_user ON memberships (user_id);

-- In which of them the session's owner acts.
ALTER TABLE sessions ADD COLUMN organization_id TEXT;

-- Tokens say of which changes they know. One that came after is told to the guards.
CREATE TRIGGER organizations_changed_revoke AFTER UPDATE OF changed ON organizations WHEN NEW.changed <> OLD.changed
BEGIN
    INSERT INTO revocations (object) VALUES (OLD.id || '#' || OLD.changed);
END;

CREATE TRIGGER memberships_changed_revoke AFTER UPDATE OF changed ON memberships WHEN NEW.changed <> OLD.changed
BEGIN
    INSERT INTO revocations (object) VALUES (OLD.organization_id || '/' || OLD.user_id || '#' || OLD.changed);
END;
