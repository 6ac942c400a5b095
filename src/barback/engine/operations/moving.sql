-- Messages that wait are taken out of where they are, or get another time or priority. What waits in other queues is
-- not looked at.

-- name: ready_take
DELETE FROM engine_ready WHERE queue IN (:queues*) AND id IN (:ids*)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 1 AS is_head;

-- name: line_take
DELETE FROM engine_line WHERE queue IN (:queues*) AND id IN (:ids*)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 1 AS is_head;

-- name: arrival_take
DELETE FROM engine_arrival WHERE queue IN (:queues*) AND id IN (:ids*)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 0 AS is_head;

-- name: parked_take
DELETE FROM engine_parked WHERE queue IN (:queues*) AND id IN (:ids*)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 0 AS is_head;

-- name: later_take
DELETE FROM engine_later WHERE queue IN (:queues*) AND id IN (:ids*)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, is_head;

-- name: later_due
UPDATE engine_later SET due_ms = :due_ms WHERE queue IN (:queues*) AND id IN (:ids*) RETURNING id;

-- name: bundle_open [sqlite]
DELETE FROM engine_bundle WHERE token IS NULL AND instr(body, CAST(:pack AS BLOB)) > 0 RETURNING body;

-- name: bundle_open [postgres]
DELETE FROM engine_bundle WHERE token IS NULL AND position(convert_to(:pack, 'UTF8') IN body) > 0 RETURNING body;

-- name: bundles_of
SELECT pos, body FROM engine_bundle WHERE queue = :queue AND token IS NULL AND priority <> :priority AND pos > :last
ORDER BY pos LIMIT :n;

-- name: bundle_priority
UPDATE engine_bundle SET priority = :priority, body = :body WHERE pos = :pos AND token IS NULL;

-- name: key_drain [sqlite]
DELETE FROM engine_parked WHERE pos IN (SELECT pos FROM engine_parked WHERE queue = :queue AND key = :key ORDER BY pos LIMIT :n)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- name: key_drain [postgres]
DELETE FROM engine_parked WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_parked WHERE queue = :queue AND key = :key ORDER BY queue, key, pos LIMIT :n FOR UPDATE SKIP LOCKED))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;
