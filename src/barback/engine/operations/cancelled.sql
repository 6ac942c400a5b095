-- Cancelled messages: kept for a while, and brought back.

-- name: cancelled_add
INSERT INTO engine_cancelled (id, queue, key, priority, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, cancelled_ms, due_ms)
VALUES (:id, :queue, :key, :priority, :task, :tenant, :attempt, :attempts_max, :enqueued_ms, :payload, :line, :about, :now_ms, :due_ms)
ON CONFLICT (id) DO UPDATE SET cancelled_ms = excluded.cancelled_ms, due_ms = excluded.due_ms;

-- name: cancelled_take
DELETE FROM engine_cancelled WHERE id IN (:ids*)
RETURNING 0 AS pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, due_ms;
