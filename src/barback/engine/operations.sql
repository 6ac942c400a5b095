-- What supervisors decide, and what `doctor` and `messages` look at.

-- name: scaling_add
INSERT INTO engine_scaling (id, at_ms, host, pid, before, after, least, most, ready, in_flight, oldest_ms, reason)
VALUES (:id, :at_ms, :host, :pid, :before, :after, :least, :most, :ready, :in_flight, :oldest_ms, :reason);

-- name: scaling_newest
SELECT at_ms, host, pid, before, after, least, most, ready, in_flight, oldest_ms, reason FROM engine_scaling
ORDER BY at_ms DESC, id DESC LIMIT :n;

-- Looking for messages reads whole tables unless the queue is named: the tables that claims scan have
-- no index for it, as each message would pay for that.
-- name: messages_find
SELECT state, id, queue, task, key, tenant, attempt, attempts_max, enqueued_ms, due_ms, error, payload FROM (
    SELECT 'ready' AS state, id, queue, task, key, tenant, attempt, attempts_max, enqueued_ms,
        CAST(NULL AS BIGINT) AS due_ms, CAST(NULL AS TEXT) AS error, payload FROM engine_ready
    UNION ALL SELECT 'ready', id, queue, task, key, tenant, attempt, attempts_max, enqueued_ms, NULL, NULL, payload FROM engine_line
    UNION ALL SELECT 'arrived', id, queue, task, key, tenant, attempt, attempts_max, enqueued_ms, NULL, NULL, payload FROM engine_arrival
    UNION ALL SELECT 'behind its key', id, queue, task, key, tenant, attempt, attempts_max, enqueued_ms, NULL, NULL, payload FROM engine_parked
    UNION ALL SELECT 'delayed', id, queue, task, key, tenant, attempt, attempts_max, enqueued_ms, due_ms, NULL, payload FROM engine_later
    UNION ALL SELECT 'dead', id, queue, task, key, tenant, attempt, attempts_max, enqueued_ms, NULL, error, payload FROM engine_dead) m
WHERE (CAST(:id AS TEXT) IS NULL OR id = :id) AND (CAST(:queue AS TEXT) IS NULL OR queue = :queue)
    AND (CAST(:key AS TEXT) IS NULL OR key = :key) AND (CAST(:tenant AS TEXT) IS NULL OR tenant = :tenant)
    AND (CAST(:task AS TEXT) IS NULL OR task = :task) AND (CAST(:state AS TEXT) IS NULL OR state = :state)
ORDER BY id DESC LIMIT :n;

-- name: leases_find
SELECT l.token AS token, l.queue AS queue, l.worker AS worker, l.claimed_ms AS claimed_ms, l.body AS body FROM engine_lease l
WHERE CAST(:queue AS TEXT) IS NULL OR l.queue = :queue ORDER BY l.token DESC LIMIT :n;

-- name: bundles_find
SELECT pos, body FROM engine_bundle WHERE token IS NULL AND (CAST(:queue AS TEXT) IS NULL OR queue = :queue)
ORDER BY pos DESC LIMIT :n;

-- name: bundle_open
DELETE FROM engine_bundle WHERE pos = :pos AND token IS NULL RETURNING pos, body;

-- name: ready_take
DELETE FROM engine_ready WHERE id = :id
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 1 AS is_head;

-- name: line_drop
DELETE FROM engine_line WHERE id = :id
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 1 AS is_head;

-- name: arrival_drop
DELETE FROM engine_arrival WHERE id = :id
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 0 AS is_head;

-- name: parked_drop
DELETE FROM engine_parked WHERE id = :id
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 0 AS is_head;

-- name: later_drop
DELETE FROM engine_later WHERE id = :id
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, is_head;

-- name: later_due
UPDATE engine_later SET due_ms = :due_ms WHERE id = :id RETURNING queue;
