-- Dead letters: looked at, found, taken away.

-- name: dead_newest
SELECT d.id, d.queue, d.key, d.task, d.tenant, d.attempt, d.enqueued_ms, d.payload, d.about, d.reason, d.error, d.died_ms,
    (SELECT 1 FROM engine_lane l WHERE l.queue = d.queue AND l.key = d.key AND l.state = 'parked' AND l.since_ms = d.died_ms) AS closes
FROM engine_dead d
WHERE d.died_ms < :before_ms OR (d.died_ms = :before_ms AND d.id < :before_id)
ORDER BY d.died_ms DESC, d.id DESC LIMIT :n;

-- name: dead_newest_of
SELECT d.id, d.queue, d.key, d.task, d.tenant, d.attempt, d.enqueued_ms, d.payload, d.about, d.reason, d.error, d.died_ms,
    (SELECT 1 FROM engine_lane l WHERE l.queue = d.queue AND l.key = d.key AND l.state = 'parked' AND l.since_ms = d.died_ms) AS closes
FROM engine_dead d
WHERE d.queue = :queue AND (d.died_ms < :before_ms OR (d.died_ms = :before_ms AND d.id < :before_id))
ORDER BY d.queue DESC, d.died_ms DESC, d.id DESC LIMIT :n;

-- name: dead_of_id
SELECT d.id, d.queue, d.key, d.task, d.tenant, d.attempt, d.enqueued_ms, d.payload, d.about, d.reason, d.error, d.died_ms,
    (SELECT 1 FROM engine_lane l WHERE l.queue = d.queue AND l.key = d.key AND l.state = 'parked' AND l.since_ms = d.died_ms) AS closes
FROM engine_dead d WHERE d.id = :id;

-- name: dead_errors
SELECT queue, task, error, count(*) AS n, min(died_ms) AS first_ms, max(died_ms) AS last_ms, max(id) AS id FROM (
    SELECT id, queue, task, substr(error, 1, 300) AS error, died_ms FROM engine_dead
    ORDER BY died_ms DESC, id DESC LIMIT :n) newest
GROUP BY queue, task, error;

-- name: dead_errors_of
SELECT queue, task, error, count(*) AS n, min(died_ms) AS first_ms, max(died_ms) AS last_ms, max(id) AS id FROM (
    SELECT id, queue, task, substr(error, 1, 300) AS error, died_ms FROM engine_dead WHERE queue = :queue
    ORDER BY queue DESC, died_ms DESC, id DESC LIMIT :n) newest
GROUP BY queue, task, error;

-- name: dead_candidates
SELECT id, task, substr(error, 1, 300) AS error FROM engine_dead WHERE queue = :queue
ORDER BY queue DESC, died_ms DESC, id DESC LIMIT :n;

-- name: dead_oldest
SELECT id FROM engine_dead WHERE queue = :queue ORDER BY queue, died_ms, id LIMIT :n;

-- name: dead_remove [sqlite]
DELETE FROM engine_dead WHERE id IN (:ids*)
RETURNING 0 AS pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, reason, error, died_ms;

-- Somebody else's retry of the same letters is skipped, not waited for.
-- name: dead_remove [postgres]
DELETE FROM engine_dead WHERE id IN (SELECT id FROM engine_dead WHERE id IN (:ids*) ORDER BY id FOR UPDATE SKIP LOCKED)
RETURNING 0 AS pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, reason, error, died_ms;

-- A dead letter closes its key when the lane was closed in the instant in which it died.
-- name: lanes_closed [sqlite]
SELECT key, since_ms FROM engine_lane WHERE queue = :queue AND key IN (:keys*) AND state = 'parked';

-- name: lanes_closed [postgres]
SELECT key, since_ms FROM engine_lane WHERE queue = :queue AND key IN (:keys*) AND state = 'parked' ORDER BY key FOR UPDATE;
