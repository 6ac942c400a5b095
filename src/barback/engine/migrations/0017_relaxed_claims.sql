-- A claim that does not wait for the disk (see leasing/relaxed.py): a crash of the server may undo it.

-- dialect: postgres
-- A sequence may give a number once more after a crash. The lower 20 bits are of chance, from a source that no handler
-- can seed: no worker ends by the token of a claim that was lost a lease that got its number later. Tokens still grow.
CREATE SEQUENCE engine_lease_number MAXVALUE 8796093022207;
SELECT setval('engine_lease_number', nextval(pg_get_serial_sequence('engine_lease', 'token')));
ALTER TABLE engine_lease ALTER COLUMN token DROP IDENTITY;
ALTER TABLE engine_lease ALTER COLUMN token SET DEFAULT
    (nextval('engine_lease_number') << 20) | ('x' || left(gen_random_uuid()::text, 5))::bit(20)::bigint;
ALTER SEQUENCE engine_lease_number OWNED BY engine_lease.token;

-- Since when nothing was lost. A crash of the server empties it, and so does a standby that takes over.
CREATE UNLOGGED TABLE engine_calm (one INTEGER PRIMARY KEY, since_ms BIGINT NOT NULL);
INSERT INTO engine_calm (one, since_ms) VALUES (1, 0);
