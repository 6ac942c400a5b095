-- One worker: what it holds, and what it did lately.

-- name: worker_one
SELECT id FROM engine_worker WHERE id = :id;

-- name: worker_leases
SELECT token, queue, claimed_ms, size, body FROM engine_lease WHERE worker = :worker ORDER BY claimed_ms, token LIMIT :n;

-- name: worker_bundles
SELECT token, task, CAST(sum(size) AS BIGINT) AS n FROM engine_bundle WHERE token IN (:tokens*) GROUP BY token, task;

-- name: worker_tally
SELECT queue, task, CAST(sum(done) AS BIGINT) AS done, CAST(sum(failed) AS BIGINT) AS failed, CAST(sum(dead) AS BIGINT) AS dead,
    CAST(sum(wall_us) AS BIGINT) AS wall_us
FROM engine_tally WHERE minute_ms >= :since_ms AND worker = :worker GROUP BY queue, task ORDER BY sum(done) DESC, task LIMIT 50;

-- name: worker_stays
UPDATE engine_worker SET drain_ms = NULL WHERE id = :id AND drain_ms IS NOT NULL AND leaving = 0 RETURNING id;

-- name: worker_leaves
UPDATE engine_worker SET leaving = 1 WHERE id = :id AND drain_ms IS NOT NULL RETURNING id;
