-- Keys come and go: each signs from a time on, until the next one does, and is published before and after. Secrets are
-- sealed; what was stored before is as it was, after a byte that says so.
ALTER TABLE signing_keys RENAME TO first_signing_keys;

CREATE TABLE signing_keys (
    id         TEXT    NOT NULL PRIMARY KEY,                     -- RFC 7638 thumbprint
    algorithm  TEXT    NOT NULL CHECK (algorithm IN ('EdDSA', 'ES256')),
    secret     BLOB    NOT NULL CHECK (length(secret) > 32),     -- sealed: see sealed.rs
    public     TEXT    NOT NULL CHECK (json_valid(public) OR public = ''), -- JSON Web Key; empty: to be made of the secret
    signs_from INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX signing_keys_by_turn ON signing_keys (signs_from);

-- Of several the newest signs.
INSERT INTO signing_keys (id, algorithm, secret, public, signs_from)
SELECT id, 'EdDSA', CAST(x'00' || seed AS BLOB), '', created_at + (current IS NOT NULL)
FROM first_signing_keys;

DROP TABLE first_signing_keys;
