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
