-- How often mail was asked for, so that nobody fills somebody's mailbox with ours. For a day.
CREATE TABLE mail_requests (
    id           INTEGER PRIMARY KEY,
    address_hash BLOB    NOT NULL CHECK (length(address_hash) = 32), -- SHA-256 of the address in lower case
    at           INTEGER NOT NULL
) STRICT;

CREATE INDEX mail_requests_by_address ON mail_requests (address_hash, at);
CREATE INDEX mail_requests_by_time ON mail_requests (at);
