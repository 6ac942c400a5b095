-- The minutes of queues: what each did and had waiting.

-- Whoever enters the minute is the one who keeps it.
-- name: minute_enter
INSERT INTO engine_minute (queue, minute_ms) VALUES ('', :minute_ms) ON CONFLICT (queue, minute_ms) DO NOTHING
RETURNING minute_ms;

-- name: minute_waiting
INSERT INTO engine_minute (queue, minute_ms, waiting) VALUES (:queue, :minute_ms, :waiting)
ON CONFLICT (queue, minute_ms) DO UPDATE SET waiting = excluded.waiting;

-- What was said of each queue in the last minute at which somebody looked.
-- name: minute_before
SELECT queue, waiting FROM engine_minute WHERE waiting IS NOT NULL AND minute_ms =
    (SELECT max(minute_ms) FROM engine_minute WHERE queue = '' AND waiting IS NOT NULL AND minute_ms >= :since_ms AND minute_ms < :minute_ms);

-- What a worker that died had in its hands can run: it is held by nobody.
-- name: minute_nobody
SELECT queue, CAST(sum(size) AS BIGINT) AS n FROM engine_lease WHERE worker = :worker GROUP BY queue;

-- name: minutes_summed
SELECT max(minute_ms) AS minute_ms FROM engine_minute WHERE queue = '' AND done IS NOT NULL AND minute_ms >= :since_ms;

-- name: minutes_sum
INSERT INTO engine_minute (queue, minute_ms, done, failed, dead)
SELECT queue, minute_ms, CAST(sum(done) AS BIGINT), CAST(sum(failed) AS BIGINT), CAST(sum(dead) AS BIGINT)
FROM engine_tally WHERE minute_ms > :after_ms AND minute_ms <= :upto_ms GROUP BY queue, minute_ms ORDER BY queue, minute_ms
ON CONFLICT (queue, minute_ms) DO UPDATE SET done = excluded.done, failed = excluded.failed, dead = excluded.dead;

-- name: minutes_total
INSERT INTO engine_minute (queue, minute_ms, done, failed, dead)
SELECT '', minute_ms, CAST(sum(done) AS BIGINT), CAST(sum(failed) AS BIGINT), CAST(sum(dead) AS BIGINT)
FROM engine_minute WHERE queue > '' AND done IS NOT NULL AND minute_ms > :after_ms AND minute_ms <= :upto_ms
GROUP BY minute_ms ORDER BY minute_ms
ON CONFLICT (queue, minute_ms) DO UPDATE SET done = excluded.done, failed = excluded.failed, dead = excluded.dead;

-- name: minutes_idle
UPDATE engine_minute SET done = 0, failed = 0, dead = 0
WHERE queue = '' AND done IS NULL AND minute_ms > :after_ms AND minute_ms <= :upto_ms;

-- name: minutes_of
SELECT minute_ms, done, failed, dead, waiting FROM engine_minute WHERE queue = :queue AND minute_ms >= :since_ms ORDER BY minute_ms;

-- name: tally_after
SELECT minute_ms, CAST(sum(done) AS BIGINT) AS done, CAST(sum(failed) AS BIGINT) AS failed, CAST(sum(dead) AS BIGINT) AS dead
FROM engine_tally WHERE minute_ms > :after_ms AND (:queue = '' OR queue = :queue) GROUP BY minute_ms;
