-- Batches: messages that belong together, their progress and their end.

-- name: batch_add
INSERT INTO engine_batch (id, name, tenant, opened_ms, next) VALUES (:id, :name, :tenant, :now_ms, :next);

-- Adders go side by side, also with folding; sealing waits for them, and they for it.
-- name: batch_join [sqlite]
SELECT sealed, cancelled_ms FROM engine_batch WHERE id = :id;

-- name: batch_join [postgres]
SELECT sealed, cancelled_ms FROM engine_batch WHERE id = :id FOR KEY SHARE;

-- name: batch_lock [sqlite]
SELECT sealed, cancelled_ms FROM engine_batch WHERE id = :id;

-- name: batch_lock [postgres]
SELECT sealed, cancelled_ms FROM engine_batch WHERE id = :id FOR UPDATE;

-- name: batch_seal
UPDATE engine_batch SET sealed = 1 WHERE id = :id;

-- name: batch_cancel
UPDATE engine_batch SET cancelled_ms = :now_ms WHERE id = :id;

-- name: batch_figures
SELECT b.id, b.name, b.tenant, b.sealed, b.opened_ms, b.finished_ms, b.cancelled_ms,
    CAST(b.total + coalesce(p.total, 0) AS BIGINT) AS total, CAST(b.done + coalesce(p.done, 0) AS BIGINT) AS done,
    CAST(b.failed + coalesce(p.failed, 0) AS BIGINT) AS failed, CAST(b.dead + coalesce(p.dead, 0) AS BIGINT) AS dead,
    CAST(b.cancelled + coalesce(p.cancelled, 0) AS BIGINT) AS cancelled,
    CAST(b.expired + coalesce(p.expired, 0) AS BIGINT) AS expired
FROM engine_batch b LEFT JOIN (
    SELECT batch, sum(total) AS total, sum(done) AS done, sum(failed) AS failed, sum(dead) AS dead,
        sum(cancelled) AS cancelled, sum(expired) AS expired
    FROM engine_batch_progress WHERE batch IN (:ids*) GROUP BY batch) p ON p.batch = b.id
WHERE b.id IN (:ids*) ORDER BY b.opened_ms DESC, b.id DESC;

-- name: batches_newest
SELECT id FROM engine_batch WHERE opened_ms < :before_ms OR (opened_ms = :before_ms AND id < :before_id)
ORDER BY opened_ms DESC, id DESC LIMIT :n;

-- name: batches_cancelled
SELECT id FROM engine_batch WHERE id IN (:ids*) AND cancelled_ms IS NOT NULL;

-- name: progress_add
INSERT INTO engine_batch_progress (batch, total, done, failed, dead, cancelled, expired)
VALUES (:batch, :total, :done, :failed, :dead, :cancelled, :expired);

-- name: progress_batches
SELECT DISTINCT batch FROM engine_batch_progress ORDER BY batch LIMIT :n;

-- Whoever has this lock folds; nobody waits for it.
-- name: fold_lock [sqlite]
SELECT sealed, next FROM engine_batch WHERE id = :id;

-- name: fold_lock [postgres]
SELECT sealed, next FROM engine_batch WHERE id = :id FOR NO KEY UPDATE SKIP LOCKED;

-- name: progress_take
DELETE FROM engine_batch_progress
WHERE batch = :batch AND pos IN (SELECT pos FROM engine_batch_progress WHERE batch = :batch ORDER BY batch, pos LIMIT :n)
RETURNING total, done, failed, dead, cancelled, expired;

-- name: batch_fold
UPDATE engine_batch SET total = total + :total, done = done + :done, failed = failed + :failed, dead = dead + :dead,
    cancelled = cancelled + :cancelled, expired = expired + :expired
WHERE id = :id RETURNING total - done - dead - cancelled - expired AS waiting, finished_ms;

-- name: batch_end
UPDATE engine_batch SET finished_ms = :finished_ms, next = NULL WHERE id = :id;

-- name: batch_reopen
UPDATE engine_batch SET finished_ms = NULL WHERE id = :id;

-- name: batch_dead_add
INSERT INTO engine_batch_dead (batch, id) VALUES (:batch, :id) ON CONFLICT (batch, id) DO NOTHING;

-- name: batch_dead_remove
DELETE FROM engine_batch_dead WHERE batch = :batch AND id = :id;

-- name: batch_dead_of
SELECT id FROM engine_batch_dead WHERE batch = :batch ORDER BY batch, id LIMIT :n;
