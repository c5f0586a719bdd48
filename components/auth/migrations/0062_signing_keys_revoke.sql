-- A key that is withdrawn takes its tokens with it, wherever they are shown: guards keep keys for minutes, and ask for
-- revocations all the time.
CREATE TRIGGER signing_keys_end_with_their_tokens AFTER DELETE ON signing_keys
BEGIN
    INSERT INTO revocations (object) VALUES ('key/' || OLD.id);
END;
