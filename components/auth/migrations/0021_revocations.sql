-- What was good when its token was made, and is no more: sessions that ended, in the order they did. Kept for as long as
-- an access token may live, since the guards in front of the other components ask for what they do not know yet.
CREATE TABLE revocations (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,                   -- never given twice
    object  TEXT    NOT NULL,                                    -- ses_…
    told_at INTEGER                                              -- when a guard was told first
) STRICT;

CREATE INDEX revocations_by_age ON revocations (told_at);

-- However a session ends, with its account too.
CREATE TRIGGER sessions_end_with_their_tokens AFTER DELETE ON sessions
BEGIN
    INSERT INTO revocations (object) VALUES (OLD.id);
END;

CREATE TRIGGER accounts_disabled_have_no_sessions
AFTER UPDATE OF disabled_at ON accounts WHEN NEW.disabled_at IS NOT NULL
BEGIN
    DELETE FROM sessions WHERE account_id = NEW.id;
END;
