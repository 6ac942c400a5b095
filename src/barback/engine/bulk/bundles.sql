-- Bundles of packed messages.

-- name: bundle_add [sqlite]
INSERT INTO engine_bundle (queue, priority, task, size, enqueued_ms, body)
VALUES (:queue, :priority, :task, :size, :enqueued_ms, :body);

-- name: bundle_add [postgres]
INSERT INTO engine_bundle (queue, priority, task, size, enqueued_ms, body)
SELECT * FROM unnest(:queue::text[], :priority::int[], :task::text[], :size::int[], :enqueued_ms::bigint[], :body::bytea[]);

-- Bundles that are as urgent as the single messages that wait: more urgent with :slack 0, as urgent with 1.
-- name: bundle_find [sqlite]
SELECT pos, size, body FROM engine_bundle
WHERE queue = :queue AND token IS NULL AND priority < :slack +
    coalesce((SELECT r.priority FROM engine_ready r WHERE r.queue = :queue ORDER BY r.queue, r.priority, r.pos LIMIT 1), 2147483647)
ORDER BY queue, priority, pos LIMIT :n;

-- Where there are none, the other table is not looked at: much that is gone may lie in it.
-- name: bundle_find [postgres]
SELECT pos, size, body FROM engine_bundle
WHERE queue = :queue AND token IS NULL AND priority < :slack::bigint +
    coalesce((SELECT r.priority FROM engine_ready r WHERE r.queue = :queue
        AND (SELECT EXISTS (SELECT 1 FROM engine_bundle b WHERE b.queue = :queue AND b.token IS NULL))
        ORDER BY r.queue, r.priority, r.pos LIMIT 1), 2147483647)
ORDER BY queue, priority, pos LIMIT :n FOR UPDATE SKIP LOCKED;

-- name: bundle_hold
UPDATE engine_bundle SET token = :token WHERE pos IN (:places*);

-- name: bundle_free
UPDATE engine_bundle SET token = NULL WHERE token = :token;

-- name: bundle_remove
DELETE FROM engine_bundle WHERE pos IN (:places*);

-- name: bundle_end
DELETE FROM engine_bundle WHERE token IN (:tokens*);

-- name: bundle_take
DELETE FROM engine_bundle WHERE token = :token RETURNING pos, body;

-- name: bundles_queued
SELECT pos, body FROM engine_bundle WHERE queue = :queue AND task = :task AND token IS NULL ORDER BY pos;
