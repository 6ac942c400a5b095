-- A head that came alone has no lane while it is leased: its key is in the lease (see leasing/lanes.py).

-- dialect: both
-- As MessagePack; NULL: every key of it has a lane. `followed`: since it was claimed messages came for some of them,
-- which have lanes now.
ALTER TABLE engine_lease ADD COLUMN keys BLOB;
ALTER TABLE engine_lease ADD COLUMN followed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX engine_lease_keys ON engine_lease (queue, token) WHERE keys IS NOT NULL;

-- dialect: postgres
ALTER TABLE engine_lease ALTER COLUMN keys SET STORAGE EXTERNAL;
