-- What is forgotten after a while, a bounded number of rows at a time; on PostgreSQL only what is in no partition.

-- name: tidy_tally [sqlite]
DELETE FROM engine_tally WHERE rowid IN (
    SELECT rowid FROM engine_tally WHERE minute_ms < :before_ms ORDER BY minute_ms LIMIT :n);

-- name: tidy_tally [postgres]
DELETE FROM engine_tally_rest WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_tally_rest WHERE minute_ms < :before_ms ORDER BY minute_ms LIMIT :n));

-- A letter that is still dead keeps its history, however old.
-- name: tidy_failure [sqlite]
DELETE FROM engine_failure WHERE number IN (
    SELECT f.number FROM engine_failure f WHERE f.at_ms < :before_ms
        AND NOT EXISTS (SELECT 1 FROM engine_dead d WHERE d.id = f.message_id)
    ORDER BY f.at_ms LIMIT :n);

-- name: tidy_failure [postgres]
DELETE FROM engine_failure_rest WHERE ctid = ANY (ARRAY(
    SELECT f.ctid FROM engine_failure_rest f WHERE f.at_ms < :before_ms
        AND NOT EXISTS (SELECT 1 FROM engine_dead d WHERE d.id = f.message_id)
    ORDER BY f.at_ms LIMIT :n));

-- name: tidy_tick [sqlite]
DELETE FROM engine_tick WHERE rowid IN (SELECT rowid FROM engine_tick WHERE fired_ms < :before_ms LIMIT :n);

-- name: tidy_tick [postgres]
DELETE FROM engine_tick_rest WHERE ctid = ANY (ARRAY(SELECT ctid FROM engine_tick_rest WHERE fired_ms < :before_ms LIMIT :n));

-- name: tidy_change [sqlite]
DELETE FROM engine_change WHERE id IN (SELECT id FROM engine_change WHERE at_ms < :before_ms ORDER BY at_ms LIMIT :n);

-- name: tidy_change [postgres]
DELETE FROM engine_change WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_change WHERE at_ms < :before_ms ORDER BY at_ms LIMIT :n));

-- A worker that was killed while it held nothing left its name; one that is only slow takes a new name.
-- name: tidy_worker [sqlite]
DELETE FROM engine_worker WHERE id IN (
    SELECT w.id FROM engine_worker w WHERE w.seen_ms < :before_ms
        AND NOT EXISTS (SELECT 1 FROM engine_lease l WHERE l.worker = w.id) LIMIT :n);

-- name: tidy_worker [postgres]
DELETE FROM engine_worker WHERE ctid = ANY (ARRAY(
    SELECT w.ctid FROM engine_worker w WHERE w.seen_ms < :before_ms
        AND NOT EXISTS (SELECT 1 FROM engine_lease l WHERE l.worker = w.id) LIMIT :n));

-- Tokens whose window is over; one that is entered anew at this instant is left alone.
-- name: tidy_dedupe [sqlite]
DELETE FROM engine_dedupe WHERE rowid IN (
    SELECT rowid FROM engine_dedupe WHERE until_ms < :before_ms ORDER BY until_ms LIMIT :n);

-- name: tidy_dedupe [postgres]
DELETE FROM engine_dedupe WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_dedupe WHERE until_ms < :before_ms ORDER BY until_ms LIMIT :n FOR UPDATE SKIP LOCKED));

-- A line that failed now and then, long ago, and not often enough in a row.
-- name: tidy_breaker_line [sqlite]
DELETE FROM engine_breaker_line WHERE rowid IN (
    SELECT rowid FROM engine_breaker_line WHERE state = 'closed' AND forced IS NULL AND since_ms < :before_ms
    ORDER BY since_ms LIMIT :n);

-- name: tidy_breaker_line [postgres]
DELETE FROM engine_breaker_line WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_breaker_line WHERE state = 'closed' AND forced IS NULL AND since_ms < :before_ms
    ORDER BY since_ms LIMIT :n FOR UPDATE SKIP LOCKED));

-- Lines of which nothing waits, nothing runs and no rate holds anything: the next message makes them anew, with a
-- turn at once, as they had one longest ago. What an operator said of them lies in `engine_limit`, but for a pause.
-- name: tidy_turn [sqlite]
DELETE FROM engine_turn WHERE (queue, line) IN (
    SELECT queue, line FROM engine_turn WHERE state = 0 AND running = 0 AND paused = 0 AND broken = 0
        AND turn < :before_ms AND tat_us < :before_ms * 1000
    LIMIT :n);

-- name: tidy_turn [postgres]
DELETE FROM engine_turn WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_turn WHERE state = 0 AND running = 0 AND paused = 0 AND broken = 0
        AND turn < :before_ms AND tat_us < :before_ms * 1000
    LIMIT :n FOR UPDATE SKIP LOCKED));

-- name: tidy_minute [sqlite]
DELETE FROM engine_minute WHERE rowid IN (
    SELECT rowid FROM engine_minute WHERE minute_ms < :before_ms ORDER BY minute_ms LIMIT :n);

-- name: tidy_minute [postgres]
DELETE FROM engine_minute WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_minute WHERE minute_ms < :before_ms ORDER BY minute_ms LIMIT :n));

-- name: tidy_scaling [sqlite]
DELETE FROM engine_scaling WHERE id IN (SELECT id FROM engine_scaling WHERE at_ms < :before_ms ORDER BY at_ms LIMIT :n);

-- name: tidy_scaling [postgres]
DELETE FROM engine_scaling WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_scaling WHERE at_ms < :before_ms ORDER BY at_ms LIMIT :n));

-- A batch with dead members keeps its figures until they are retried or discarded.
-- name: tidy_batch [sqlite]
DELETE FROM engine_batch WHERE id IN (
    SELECT b.id FROM engine_batch b WHERE b.finished_ms < :before_ms
        AND NOT EXISTS (SELECT 1 FROM engine_batch_dead d WHERE d.batch = b.id) ORDER BY b.finished_ms LIMIT :n);

-- name: tidy_batch [postgres]
DELETE FROM engine_batch WHERE ctid = ANY (ARRAY(
    SELECT b.ctid FROM engine_batch b WHERE b.finished_ms < :before_ms
        AND NOT EXISTS (SELECT 1 FROM engine_batch_dead d WHERE d.batch = b.id) ORDER BY b.finished_ms LIMIT :n));

-- name: tidy_errand
DELETE FROM engine_errand WHERE id IN (
    SELECT id FROM engine_errand WHERE state <> 'running' AND started_ms < :before_ms ORDER BY started_ms LIMIT :n);

-- name: tidy_cancelled
DELETE FROM engine_cancelled WHERE id IN (
    SELECT id FROM engine_cancelled WHERE cancelled_ms < :before_ms ORDER BY cancelled_ms LIMIT :n);
