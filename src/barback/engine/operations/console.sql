-- What operators see and do: figures of the queues, pauses.

-- Counts stop at :cap for each queue, so a look costs the same however much is waiting. Queues are
-- found by skipping from one name to the next in the index, never by reading every row.
-- name: figures_ready
WITH RECURSIVE found(queue) AS (
    SELECT min(queue) FROM engine_ready
    UNION ALL
    SELECT (SELECT min(r.queue) FROM engine_ready r WHERE r.queue > found.queue) FROM found WHERE found.queue IS NOT NULL)
SELECT queue,
    (SELECT count(*) FROM (SELECT 1 FROM engine_ready r WHERE r.queue = found.queue LIMIT :cap) counted) AS n,
    (SELECT r.enqueued_ms FROM engine_ready r WHERE r.queue = found.queue
     ORDER BY r.queue, r.priority, r.pos LIMIT 1) AS first_ms,
    (SELECT r.enqueued_ms FROM engine_ready r WHERE r.queue = found.queue AND r.priority =
        (SELECT max(m.priority) FROM engine_ready m WHERE m.queue = found.queue)
     ORDER BY r.queue, r.priority, r.pos LIMIT 1) AS last_in_turn_ms
FROM found WHERE queue IS NOT NULL;

-- name: figures_bundle
WITH RECURSIVE found(queue) AS (
    SELECT min(queue) FROM engine_bundle WHERE token IS NULL
    UNION ALL
    SELECT (SELECT min(r.queue) FROM engine_bundle r WHERE r.queue > found.queue AND r.token IS NULL) FROM found WHERE found.queue IS NOT NULL)
SELECT queue,
    (SELECT sum(size) FROM (SELECT r.size FROM engine_bundle r WHERE r.queue = found.queue AND r.token IS NULL LIMIT :cap) counted) AS n,
    (SELECT r.enqueued_ms FROM engine_bundle r WHERE r.queue = found.queue AND r.token IS NULL
     ORDER BY r.queue, r.priority, r.pos LIMIT 1) AS first_ms
FROM found WHERE queue IS NOT NULL;

-- name: figures_line
WITH RECURSIVE found(queue) AS (
    SELECT min(queue) FROM engine_line
    UNION ALL
    SELECT (SELECT min(r.queue) FROM engine_line r WHERE r.queue > found.queue) FROM found WHERE found.queue IS NOT NULL)
SELECT queue,
    (SELECT count(*) FROM (SELECT 1 FROM engine_line r WHERE r.queue = found.queue LIMIT :cap) counted) AS n,
    (SELECT r.enqueued_ms FROM engine_line r WHERE r.queue = found.queue ORDER BY r.queue, r.line, r.priority, r.pos LIMIT 1) AS first_ms
FROM found WHERE queue IS NOT NULL;

-- name: figures_arrival
WITH RECURSIVE found(queue) AS (
    SELECT min(queue) FROM engine_arrival
    UNION ALL
    SELECT (SELECT min(r.queue) FROM engine_arrival r WHERE r.queue > found.queue) FROM found WHERE found.queue IS NOT NULL)
SELECT queue,
    (SELECT count(*) FROM (SELECT 1 FROM engine_arrival r WHERE r.queue = found.queue LIMIT :cap) counted) AS n,
    (SELECT r.enqueued_ms FROM engine_arrival r WHERE r.queue = found.queue ORDER BY r.queue, r.pos LIMIT 1) AS first_ms
FROM found WHERE queue IS NOT NULL;

-- name: figures_parked
WITH RECURSIVE found(queue) AS (
    SELECT min(queue) FROM engine_parked
    UNION ALL
    SELECT (SELECT min(r.queue) FROM engine_parked r WHERE r.queue > found.queue) FROM found WHERE found.queue IS NOT NULL)
SELECT queue,
    (SELECT count(*) FROM (SELECT 1 FROM engine_parked r WHERE r.queue = found.queue LIMIT :cap) counted) AS n
FROM found WHERE queue IS NOT NULL;

-- name: figures_later
WITH RECURSIVE found(queue) AS (
    SELECT min(queue) FROM engine_later
    UNION ALL
    SELECT (SELECT min(r.queue) FROM engine_later r WHERE r.queue > found.queue) FROM found WHERE found.queue IS NOT NULL)
SELECT queue,
    (SELECT count(*) FROM (SELECT 1 FROM engine_later r WHERE r.queue = found.queue LIMIT :cap) counted) AS n,
    (SELECT min(r.due_ms) FROM engine_later r WHERE r.queue = found.queue) AS next_ms
FROM found WHERE queue IS NOT NULL;

-- name: figures_dead
WITH RECURSIVE found(queue) AS (
    SELECT min(queue) FROM engine_dead
    UNION ALL
    SELECT (SELECT min(r.queue) FROM engine_dead r WHERE r.queue > found.queue) FROM found WHERE found.queue IS NOT NULL)
SELECT queue,
    (SELECT count(*) FROM (SELECT 1 FROM engine_dead r WHERE r.queue = found.queue LIMIT :cap) counted) AS n
FROM found WHERE queue IS NOT NULL;

-- One queue in one table, to :cap.
-- name: depth_ready
SELECT count(*) AS n FROM (SELECT 1 FROM engine_ready WHERE queue = :queue LIMIT :cap) counted;

-- name: depth_line
SELECT count(*) AS n FROM (SELECT 1 FROM engine_line WHERE queue = :queue LIMIT :cap) counted;

-- name: depth_arrival
SELECT count(*) AS n FROM (SELECT 1 FROM engine_arrival WHERE queue = :queue LIMIT :cap) counted;

-- name: depth_parked
SELECT count(*) AS n FROM (SELECT 1 FROM engine_parked WHERE queue = :queue LIMIT :cap) counted;

-- name: depth_later
SELECT count(*) AS n FROM (SELECT 1 FROM engine_later WHERE queue = :queue LIMIT :cap) counted;

-- name: depth_dead
SELECT count(*) AS n FROM (SELECT 1 FROM engine_dead WHERE queue = :queue LIMIT :cap) counted;

-- Counting stops early only when it walks an index; a bitmap would first gather every row of a queue.
-- name: figures_walk [postgres]
SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true);

-- name: figures_leased
SELECT queue, worker, CAST(sum(size) AS BIGINT) AS n, min(claimed_ms) AS first_ms FROM engine_lease GROUP BY queue, worker;

-- name: figures_rate
SELECT queue, CAST(sum(done) AS BIGINT) AS done FROM engine_tally WHERE minute_ms >= :since_ms GROUP BY queue;

-- name: figures_failed
SELECT queue, CAST(sum(failed) AS BIGINT) AS failed, CAST(sum(dead) AS BIGINT) AS dead FROM engine_tally
WHERE minute_ms >= :since_ms AND (failed > 0 OR dead > 0) GROUP BY queue;

-- name: minutes_of_all
SELECT minute_ms, CAST(sum(done) AS BIGINT) AS done, CAST(sum(failed) AS BIGINT) AS failed, CAST(sum(dead) AS BIGINT) AS dead
FROM engine_tally WHERE minute_ms >= :since_ms GROUP BY minute_ms ORDER BY minute_ms;

-- The minutes are listed, not bounded, so that each is one place in the index.
-- name: tally_of_queue
SELECT minute_ms, task, CAST(sum(done) AS BIGINT) AS done, CAST(sum(failed) AS BIGINT) AS failed,
    CAST(sum(dead) AS BIGINT) AS dead, CAST(sum(wall_us) AS BIGINT) AS wall_us
FROM engine_tally WHERE minute_ms IN (:minutes*) AND queue = :queue GROUP BY minute_ms, task ORDER BY minute_ms, task;

-- name: waiting_of
SELECT minute_ms, waiting FROM engine_minute WHERE queue = :queue AND minute_ms >= :since_ms;

-- Minutes at which somebody looked: a queue that has no row in one of them had nothing waiting.
-- name: minutes_looked
SELECT minute_ms FROM engine_minute WHERE queue = '' AND waiting IS NOT NULL AND minute_ms >= :since_ms;

-- name: queue_seen
SELECT q.paused AS paused, q.changed_ms AS changed_ms FROM engine_queue q WHERE q.name = :queue;

-- name: queue_used
SELECT 1 AS used WHERE EXISTS (SELECT 1 FROM engine_ready r WHERE r.queue = :queue)
    OR EXISTS (SELECT 1 FROM engine_line l WHERE l.queue = :queue)
    OR EXISTS (SELECT 1 FROM engine_arrival a WHERE a.queue = :queue)
    OR EXISTS (SELECT 1 FROM engine_bundle b WHERE b.queue = :queue AND b.token IS NULL)
    OR EXISTS (SELECT 1 FROM engine_parked p WHERE p.queue = :queue)
    OR EXISTS (SELECT 1 FROM engine_later l WHERE l.queue = :queue)
    OR EXISTS (SELECT 1 FROM engine_dead d WHERE d.queue = :queue);
