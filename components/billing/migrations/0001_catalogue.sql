-- What is for sale. The terms of a plan never change once somebody could have bought it: a new price is a new plan,
-- and the old one is withdrawn. So an invoice of last year can always be explained from this table.

CREATE TABLE meters (
    id   TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name TEXT NOT NULL,
    unit TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE plans (
    id           TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    -- A user holds at most one active subscription of a family.
    family       TEXT NOT NULL,
    name         TEXT NOT NULL,
    -- For one calendar month, in minor units of the currency.
    price        INTEGER NOT NULL CHECK (price >= 0),
    currency     TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    -- Order in the catalogue.
    position     INTEGER NOT NULL,
    -- Set: no longer for sale. Subscriptions that exist keep its terms.
    withdrawn_at INTEGER
) STRICT, WITHOUT ROWID;

-- How much of a meter a plan includes a period, and what use beyond that costs. Overage is sold in blocks of `per`
-- units, each started block at `block_price` minor units of the plan's currency; both are null where the plan does not
-- charge for overage.
CREATE TABLE plan_meters (
    plan_id     TEXT NOT NULL REFERENCES plans (id),
    meter_id    TEXT NOT NULL REFERENCES meters (id),
    included    INTEGER NOT NULL CHECK (included >= 0),
    per         INTEGER CHECK (per > 0),
    block_price INTEGER CHECK (block_price > 0),
    PRIMARY KEY (plan_id, meter_id),
    CHECK ((per IS NULL) = (block_price IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER plans_terms_are_fixed
BEFORE UPDATE OF id, family, price, currency ON plans
BEGIN
    SELECT RAISE(ABORT, 'the terms of a plan never change: withdraw it and add another');
END;

CREATE TRIGGER plans_are_kept
BEFORE DELETE ON plans
BEGIN
    SELECT RAISE(ABORT, 'a plan is withdrawn, never deleted');
END;

CREATE TRIGGER plan_meters_are_fixed
BEFORE UPDATE ON plan_meters
BEGIN
    SELECT RAISE(ABORT, 'the terms of a plan never change: withdraw it and add another');
END;

CREATE TRIGGER plan_meters_are_kept
BEFORE DELETE ON plan_meters
BEGIN
    SELECT RAISE(ABORT, 'the terms of a plan never change: withdraw it and add another');
END;

INSERT INTO meters (id, name, unit) VALUES
    ('api_calls', 'API calls', 'call'),
    ('egress_mb', 'Data transfer out', 'MB');

INSERT INTO plans (id, family, name, price, currency, position) VALUES
    ('free',    'platform', 'Free',    0,    'EUR', 1),
    ('starter', 'platform', 'Starter', 1900, 'EUR', 2),
    ('team',    'platform', 'Team',    4900, 'EUR', 3);

INSERT INTO plan_meters (plan_id, meter_id, included, per, block_price) VALUES
    ('free',    'api_calls', 1000,   NULL, NULL),
    ('free',    'egress_mb', 1000,   NULL, NULL),
    ('starter', 'api_calls', 10000,  1000, 50),
    ('starter', 'egress_mb', 10000,  1000, 12),
    ('team',    'api_calls', 100000, 1000, 40),
    ('team',    'egress_mb', 100000, 1000, 9);
