-- Keyed messages that just came, on their way into the lines of their keys.

-- name: arrival_take [sqlite]
DELETE FROM engine_arrival WHERE pos IN (
    SELECT pos FROM (SELECT pos, key FROM engine_arrival WHERE queue = :queue AND pos >= :place ORDER BY pos LIMIT :look)
    WHERE key NOT IN (SELECT value FROM json_each(:busy)) LIMIT :n)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- One router a queue at a time, or two of them could put a later message of a key before an earlier one.
-- name: arrival_take [postgres]
WITH gate AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(726168, hashtext(:queue)) AS mine)
DELETE FROM engine_arrival
WHERE ctid = ANY (ARRAY(
    SELECT page.place FROM (SELECT a.ctid AS place, a.key AS key FROM engine_arrival a
        WHERE (SELECT mine FROM gate) AND a.queue = :queue AND a.pos >= :place ORDER BY a.queue, a.pos LIMIT :look) page
    WHERE page.key <> ALL (:busy::text[]) LIMIT :n))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- name: arrival_of_key [sqlite]
DELETE FROM engine_arrival WHERE pos IN (SELECT pos FROM engine_arrival WHERE queue = :queue AND key = :key ORDER BY pos LIMIT :n)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- name: arrival_of_key [postgres]
DELETE FROM engine_arrival WHERE ctid = ANY (ARRAY(
    SELECT a.ctid FROM engine_arrival a WHERE a.queue = :queue AND a.key = :key ORDER BY a.queue, a.pos LIMIT :n))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- Of the first so many from a place on: the first one that is of no busy key, the last one, and how many there are.
-- name: arrival_pass [sqlite]
SELECT min(CASE WHEN key NOT IN (SELECT value FROM json_each(:busy)) THEN pos END) AS other, max(pos) AS last, count(*) AS n
FROM (SELECT pos, key FROM engine_arrival WHERE queue = :queue AND pos >= :place ORDER BY pos LIMIT :look);

-- name: arrival_pass [postgres]
SELECT min(page.pos) FILTER (WHERE page.key <> ALL (:busy::text[])) AS other, max(page.pos) AS last, count(*) AS n
FROM (SELECT a.pos, a.key FROM engine_arrival a WHERE a.queue = :queue AND a.pos >= :place ORDER BY a.queue, a.pos LIMIT :look) page;

-- The last place that was given out; places go up.
-- name: arrival_last [postgres]
SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('engine_arrival', 'pos')::regclass), 0) AS pos;

-- Who else may have a place in the table already that nobody sees yet; one that was prepared counts as well.
-- name: arrival_writers [postgres]
SELECT DISTINCT virtualtransaction AS who FROM pg_locks
WHERE relation = 'engine_arrival'::regclass AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
