-- Partitions of what is kept for a time: made ahead, and dropped whole. PostgreSQL only.

-- name: history_parts [postgres]
SELECT child.relname AS name FROM pg_inherits link JOIN pg_class child ON child.oid = link.inhrelid
WHERE link.inhparent = CAST(CAST(:history AS TEXT) AS regclass);

-- What is done to a table that others write must not wait long, or all of them wait behind it.
-- name: history_patience [postgres]
SELECT current_setting('lock_timeout') AS was, set_config('lock_timeout', :wait, true) AS now;

-- name: history_make [postgres]
SELECT format('CREATE TABLE %1$I (LIKE %2$I INCLUDING ALL); ALTER TABLE %2$I ATTACH PARTITION %1$I FOR VALUES FROM (%3$s) TO (%4$s)',
    CAST(:part AS TEXT), CAST(:history AS TEXT), CAST(:from_ms AS BIGINT), CAST(:to_ms AS BIGINT)) AS ddl;

-- name: history_drop [postgres]
SELECT format('DROP TABLE %I', CAST(:part AS TEXT)) AS ddl;

-- A letter that is still dead keeps its history, however old: those few rows go to the rest.
-- name: failure_drop [postgres]
SELECT format('ALTER TABLE engine_failure DETACH PARTITION %1$I;
    INSERT INTO engine_failure SELECT f.* FROM %1$I f WHERE f.message_id IN (SELECT d.id FROM engine_dead d);
    DROP TABLE %1$I', CAST(:part AS TEXT)) AS ddl;
