-- Whose word it is that an account's address is its owner's, where no mail of ours proved it: an identity provider's id, or
-- `import`. Null: it was proven by mail, or by nothing. Whatever makes somebody more than a user asks for mail.
ALTER TABLE accounts ADD COLUMN email_vouched_by TEXT;

-- Accounts that a provider's word made were made with their identity.
UPDATE accounts SET email_vouched_by = (
    SELECT provider FROM identities i WHERE i.account_id = accounts.id AND i.created_at = accounts.created_at
)
WHERE email_verified_at = created_at;

-- Where the address alone makes the administrator, its change is one of roles.
CREATE TRIGGER addresses_changed_count AFTER UPDATE OF email ON accounts WHEN NEW.email <> OLD.email
BEGIN
    UPDATE accounts SET roles_version = roles_version + 1 WHERE id = NEW.id;
END;
