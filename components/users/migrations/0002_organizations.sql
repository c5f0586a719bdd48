-- Organisations, who belongs to them, and who is asked to.
CREATE TABLE organizations (
    id         TEXT    NOT NULL PRIMARY KEY, -- org_…
    name       TEXT    NOT NULL,
    networks   TEXT    NOT NULL DEFAULT '[]' CHECK (json_type(networks) = 'array'), -- from where members act in it; none: from anywhere
    version    INTEGER NOT NULL DEFAULT 1,   -- the ETag
    created_at INTEGER NOT NULL,             -- milliseconds, as all times here
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    organization_id TEXT    NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         TEXT    NOT NULL,        -- usr_…
    role            TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    joined_at       INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_by_user ON members (user_id, organization_id);

CREATE TABLE invitations (
    id              TEXT    NOT NULL PRIMARY KEY, -- ivt_…
    organization_id TEXT    NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email           TEXT    NOT NULL COLLATE NOCASE,
    role            TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    invited_by      TEXT    NOT NULL,        -- usr_…
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    UNIQUE (organization_id, email)
) STRICT, WITHOUT ROWID;

CREATE INDEX invitations_by_email ON invitations (email, id);
