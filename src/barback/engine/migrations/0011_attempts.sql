-- How long each attempt that failed was handled.

-- dialect: both
-- NULL: nobody knows, because its worker died or the attempt is older than this column.
ALTER TABLE engine_failure ADD COLUMN took_ms BIGINT;
