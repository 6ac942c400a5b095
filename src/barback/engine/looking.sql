-- What operators look at beside the figures: how busy queues were, messages wherever they are, keys.

-- name: activity_since
SELECT minute_ms, queue, CAST(sum(done) AS BIGINT) AS done, CAST(sum(failed) + sum(dead) AS BIGINT) AS failed
FROM engine_tally WHERE minute_ms >= :since_ms GROUP BY minute_ms, queue;

-- Looks at the first :looked rows of each state, so that a search costs the same however much is waiting.
-- name: looks
WITH looked AS (
    SELECT 'ready' AS state, CAST(NULL AS BIGINT) AS at_ms, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_ready LIMIT :looked) r
    UNION ALL
    SELECT 'ready', NULL, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_line LIMIT :looked) n
    UNION ALL
    SELECT 'waiting', NULL, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_arrival LIMIT :looked) a
    UNION ALL
    SELECT 'waiting', NULL, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_parked LIMIT :looked) p
    UNION ALL
    SELECT CASE WHEN attempt > 0 THEN 'retrying' ELSE 'scheduled' END, due_ms, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_later LIMIT :looked) l
    UNION ALL
    SELECT 'dead', died_ms, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_dead ORDER BY died_ms DESC, id DESC LIMIT :looked) d)
SELECT state, at_ms, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about FROM looked
WHERE (CAST(:id AS TEXT) IS NULL OR id = CAST(:id AS TEXT)) AND (CAST(:key AS TEXT) IS NULL OR key = CAST(:key AS TEXT))
    AND (CAST(:tenant AS TEXT) IS NULL OR tenant = CAST(:tenant AS TEXT)) AND (CAST(:task AS TEXT) IS NULL OR task = CAST(:task AS TEXT))
    AND (CAST(:state AS TEXT) IS NULL OR state = CAST(:state AS TEXT))
    AND (CAST(:text AS TEXT) IS NULL OR payload LIKE CAST(:text AS TEXT) ESCAPE '!')
    AND enqueued_ms < :before_ms
ORDER BY enqueued_ms DESC, id DESC LIMIT :n;

-- name: looks_of
WITH looked AS (
    SELECT 'ready' AS state, CAST(NULL AS BIGINT) AS at_ms, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_ready WHERE queue = :queue ORDER BY queue, priority, pos LIMIT :looked) r
    UNION ALL
    SELECT 'ready', NULL, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_line WHERE queue = :queue ORDER BY queue, line, priority, pos LIMIT :looked) n
    UNION ALL
    SELECT 'waiting', NULL, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_arrival WHERE queue = :queue ORDER BY queue, pos LIMIT :looked) a
    UNION ALL
    SELECT 'waiting', NULL, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_parked WHERE queue = :queue ORDER BY queue, key, pos LIMIT :looked) p
    UNION ALL
    SELECT CASE WHEN attempt > 0 THEN 'retrying' ELSE 'scheduled' END, due_ms, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_later WHERE queue = :queue ORDER BY queue, due_ms LIMIT :looked) l
    UNION ALL
    SELECT 'dead', died_ms, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about
    FROM (SELECT * FROM engine_dead WHERE queue = :queue ORDER BY queue DESC, died_ms DESC, id DESC LIMIT :looked) d)
SELECT state, at_ms, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about FROM looked
WHERE (CAST(:id AS TEXT) IS NULL OR id = CAST(:id AS TEXT)) AND (CAST(:key AS TEXT) IS NULL OR key = CAST(:key AS TEXT))
    AND (CAST(:tenant AS TEXT) IS NULL OR tenant = CAST(:tenant AS TEXT)) AND (CAST(:task AS TEXT) IS NULL OR task = CAST(:task AS TEXT))
    AND (CAST(:state AS TEXT) IS NULL OR state = CAST(:state AS TEXT))
    AND (CAST(:text AS TEXT) IS NULL OR payload LIKE CAST(:text AS TEXT) ESCAPE '!')
    AND enqueued_ms < :before_ms
ORDER BY enqueued_ms DESC, id DESC LIMIT :n;

-- What workers hold; a lease of bundles has no body of its own.
-- name: looks_leased
SELECT token, worker, claimed_ms, body FROM engine_lease ORDER BY token DESC LIMIT :n;

-- Keys whose head died and closed them; there is a dead letter for each.
-- name: keys_closed
SELECT d.queue AS queue, d.key AS key, d.id AS letter, d.task AS task, substr(d.error, 1, 300) AS error, d.died_ms AS died_ms
FROM (SELECT * FROM engine_dead WHERE key IS NOT NULL ORDER BY died_ms DESC, id DESC LIMIT :looked) d
JOIN engine_lane l ON l.queue = d.queue AND l.key = d.key AND l.state = 'parked' AND l.since_ms = d.died_ms
ORDER BY d.died_ms DESC LIMIT :n;

-- name: keys_hot
SELECT queue, key, count(*) AS n, min(enqueued_ms) AS first_ms FROM (SELECT queue, key, enqueued_ms FROM engine_parked LIMIT :looked) p
GROUP BY queue, key ORDER BY n DESC, queue, key LIMIT :n;

-- name: key_lane
SELECT state, since_ms FROM engine_lane WHERE queue = :queue AND key = :key;

-- name: key_waiting
SELECT id, task, tenant, enqueued_ms FROM engine_parked WHERE queue = :queue AND key = :key ORDER BY queue, key, pos LIMIT :n;

-- name: key_count
SELECT count(*) AS n FROM (SELECT 1 FROM engine_parked WHERE queue = :queue AND key = :key LIMIT :cap) counted;

-- name: key_dead
SELECT id, task, substr(error, 1, 300) AS error, died_ms FROM engine_dead WHERE queue = :queue AND key = :key ORDER BY died_ms DESC LIMIT :n;

-- name: key_drain
DELETE FROM engine_parked WHERE queue = :queue AND key = :key RETURNING id;

-- name: looks_held
SELECT body FROM engine_bundle WHERE token = :token ORDER BY pos;

-- name: looks_bundled
SELECT body FROM engine_bundle WHERE token IS NULL ORDER BY pos LIMIT :n;
