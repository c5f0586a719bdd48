-- Roles of an application's own: names for sets of permissions. The built-in ones, `admin` and `support`, are in role.rs.
CREATE TABLE roles (
    name        TEXT    NOT NULL PRIMARY KEY CHECK (name GLOB '[a-z]*'),
    description TEXT,
    permissions TEXT    NOT NULL CHECK (json_type(permissions) = 'array'), -- names, as `invoices.read`
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who has which.
CREATE TABLE account_roles (
    account_id TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    role       TEXT    NOT NULL,                                 -- of `roles`, or a built-in one
    granted_at INTEGER NOT NULL,
    granted_by TEXT,                                             -- usr_…, who may be gone since
    PRIMARY KEY (account_id, role)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_roles_by_role ON account_roles (role, account_id);

-- Counts the changes of what an account may do. Tokens say which version they tell of; one that is over is revoked, and
-- who shows such a token refreshes it.
ALTER TABLE accounts ADD COLUMN roles_version INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER roles_of_a_version_end_with_it AFTER UPDATE OF roles_version ON accounts
BEGIN
    INSERT INTO revocations (object) VALUES (OLD.id || '#' || OLD.roles_version);
END;

CREATE TRIGGER account_roles_given_count AFTER INSERT ON account_roles
BEGIN
    UPDATE accounts SET roles_version = roles_version + 1 WHERE id = NEW.account_id;
END;

CREATE TRIGGER account_roles_taken_count AFTER DELETE ON account_roles
BEGIN
    UPDATE accounts SET roles_version = roles_version + 1 WHERE id = OLD.account_id;
END;

CREATE TRIGGER roles_changed_count
AFTER UPDATE OF permissions ON roles WHEN NEW.permissions <> OLD.permissions
BEGIN
    UPDATE accounts SET roles_version = roles_version + 1
    WHERE id IN (SELECT account_id FROM account_roles WHERE role = NEW.name);
END;

CREATE TRIGGER roles_removed_are_nobodys AFTER DELETE ON roles
BEGIN
    DELETE FROM account_roles WHERE role = OLD.name;
END;
