-- Statements of the engine. Hot ones have a variant for each database.

-- name: ready_add [sqlite]
INSERT INTO engine_ready (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about)
VALUES (:queue, :key, :priority, :id, :task, :tenant, :attempt, :attempts_max, :enqueued_ms, :payload, :line, :about);

-- name: ready_add [postgres]
INSERT INTO engine_ready (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about)
SELECT * FROM unnest(:queue::text[], :key::text[], :priority::int[], :id::text[], :task::text[], :tenant::text[],
                     :attempt::int[], :attempts_max::int[], :enqueued_ms::bigint[], :payload::text[],
                     :line::text[], :about::text[]);

-- name: arrival_add [sqlite]
INSERT INTO engine_arrival (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about)
VALUES (:queue, :key, :priority, :id, :task, :tenant, :attempt, :attempts_max, :enqueued_ms, :payload, :line, :about);

-- name: arrival_add [postgres]
INSERT INTO engine_arrival (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about)
SELECT * FROM unnest(:queue::text[], :key::text[], :priority::int[], :id::text[], :task::text[], :tenant::text[],
                     :attempt::int[], :attempts_max::int[], :enqueued_ms::bigint[], :payload::text[],
                     :line::text[], :about::text[]);

-- name: parked_add [sqlite]
INSERT INTO engine_parked (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about)
VALUES (:queue, :key, :priority, :id, :task, :tenant, :attempt, :attempts_max, :enqueued_ms, :payload, :line, :about);

-- name: parked_add [postgres]
INSERT INTO engine_parked (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about)
SELECT * FROM unnest(:queue::text[], :key::text[], :priority::int[], :id::text[], :task::text[], :tenant::text[],
                     :attempt::int[], :attempts_max::int[], :enqueued_ms::bigint[], :payload::text[],
                     :line::text[], :about::text[]);

-- name: later_add
INSERT INTO engine_later (due_ms, is_head, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about)
VALUES (:due_ms, :is_head, :queue, :key, :priority, :id, :task, :tenant, :attempt, :attempts_max, :enqueued_ms, :payload, :line, :about);

-- name: ready_claim [sqlite]
DELETE FROM engine_ready
WHERE pos IN (SELECT pos FROM engine_ready WHERE queue = :queue ORDER BY priority, pos LIMIT :n)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- Parts of the index, in order: from a place in a priority up to the next priority that has one (see leasing/floors.py).
-- name: ready_claim [postgres]
DELETE FROM engine_ready
WHERE ctid = ANY (ARRAY(
    SELECT live.ctid FROM unnest(:priorities::bigint[], :places::bigint[], :untils::bigint[]) AS part(priority, pos, until)
    CROSS JOIN LATERAL (SELECT r.ctid FROM engine_ready r
        WHERE r.queue = :queue AND (r.priority, r.pos) >= (part.priority, part.pos) AND r.priority < part.until
        ORDER BY r.queue, r.priority, r.pos LIMIT :n FOR UPDATE SKIP LOCKED) live
    LIMIT :n))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- Who may have a place in the table already that nobody sees yet. One that was prepared has a name that begins with -1.
-- name: ready_writers [postgres]
SELECT DISTINCT virtualtransaction AS who FROM pg_locks
WHERE relation = 'engine_ready'::regclass AND mode = 'RowExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- Of each priority the first message from a place on, or where to look on when there is none.
-- name: ready_first [postgres]
SELECT part.priority AS priority, coalesce((SELECT r.pos FROM engine_ready r
    WHERE r.queue = :queue AND r.priority = part.priority AND r.pos >= part.pos AND r.pos < part.until
    ORDER BY r.queue, r.priority, r.pos LIMIT 1), part.until) AS pos
FROM unnest(:priorities::bigint[], :places::bigint[], :untils::bigint[]) AS part(priority, pos, until);

-- name: later_take [sqlite]
DELETE FROM engine_later
WHERE pos IN (SELECT pos FROM engine_later WHERE queue = :queue AND due_ms <= :now_ms ORDER BY due_ms, pos LIMIT :n)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, is_head, due_ms;

-- What enters a line of its key goes through the router's gate, or two workers could turn two of them around.
-- name: later_take [postgres]
WITH gate AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(726168, hashtext(:queue)) AS mine)
DELETE FROM engine_later
WHERE ctid = ANY (ARRAY(SELECT l.ctid FROM engine_later l WHERE l.queue = :queue AND l.due_ms <= :now_ms
    AND (l.key IS NULL OR l.is_head = 1 OR (SELECT mine FROM gate))
    ORDER BY l.queue, l.due_ms, l.pos LIMIT :n FOR UPDATE SKIP LOCKED))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, is_head, due_ms;

-- What there is besides messages that can run: a look that spares a claim three statements, where there is nothing.
-- name: at_hand
SELECT CASE WHEN EXISTS (SELECT 1 FROM engine_lease WHERE queue = :queue AND worker = 'nobody') THEN 1 ELSE 0 END AS aside,
    CASE WHEN EXISTS (SELECT 1 FROM engine_later WHERE queue = :queue AND due_ms <= :now_ms) THEN 1 ELSE 0 END AS due,
    CASE WHEN EXISTS (SELECT 1 FROM engine_arrival WHERE queue = :queue) THEN 1 ELSE 0 END AS arrived;

-- When the next delayed message is due, and whether something waits that a claim just now did not get.
-- name: rest [sqlite]
SELECT (SELECT min(due_ms) FROM engine_later WHERE queue = :queue) AS due_ms,
    CASE WHEN EXISTS (SELECT 1 FROM engine_ready WHERE queue = :queue)
        OR EXISTS (SELECT 1 FROM engine_arrival WHERE queue = :queue)
        OR EXISTS (SELECT 1 FROM engine_bundle WHERE queue = :queue AND token IS NULL)
        OR EXISTS (SELECT 1 FROM engine_lease WHERE queue = :queue AND worker = 'nobody') THEN 1 ELSE 0 END AS waiting;

-- name: rest [postgres]
SELECT (SELECT min(due_ms) FROM engine_later WHERE queue = :queue) AS due_ms,
    CASE WHEN EXISTS (SELECT 1 FROM unnest(:priorities::bigint[], :places::bigint[], :untils::bigint[]) AS part(priority, pos, until)
            CROSS JOIN LATERAL (SELECT 1 FROM engine_ready r
                WHERE r.queue = :queue AND (r.priority, r.pos) >= (part.priority, part.pos) AND r.priority < part.until
                LIMIT 1) live)
        OR EXISTS (SELECT 1 FROM engine_arrival WHERE queue = :queue)
        OR EXISTS (SELECT 1 FROM engine_bundle WHERE queue = :queue AND token IS NULL)
        OR EXISTS (SELECT 1 FROM engine_lease WHERE queue = :queue AND worker = 'nobody') THEN 1 ELSE 0 END AS waiting;

-- A worker that was given up for dead gets no lease: it would be taken away at once, and the attempt with it.
-- One that holds no tokens is refused when the queue has lines since, whatever its worker has heard.
-- name: lease_add
INSERT INTO engine_lease (queue, worker, claimed_ms, size, body, lined, keys)
SELECT CAST(:queue AS TEXT), CAST(:worker AS TEXT), CAST(:now_ms AS BIGINT), CAST(:size AS INTEGER), CAST(:body AS BLOB),
    CAST(:lined AS INTEGER), CAST(:keys AS BLOB)
WHERE EXISTS (SELECT 1 FROM engine_worker WHERE id = :worker)
    AND (CAST(:unless_lined AS INTEGER) = 0 OR NOT EXISTS (SELECT 1 FROM engine_queue q WHERE q.name = :queue AND q.lined > 0))
RETURNING token;

-- name: queue_has_lines
SELECT 1 AS lined FROM engine_queue WHERE name = :queue AND lined > 0;

-- name: lease_end
DELETE FROM engine_lease WHERE token IN (:tokens*) AND worker = :worker RETURNING token, lined, followed;

-- name: lease_hold [sqlite]
SELECT token FROM engine_lease WHERE token = :token AND worker = :worker;

-- name: lease_hold [postgres]
SELECT token FROM engine_lease WHERE token = :token AND worker = :worker FOR UPDATE;

-- name: lease_holders
SELECT DISTINCT l.worker AS worker, w.beat AS beat
FROM engine_lease l LEFT JOIN engine_worker w ON w.id = l.worker WHERE l.worker <> 'nobody';

-- A message that was in the hands of a worker that died is set aside, held by nobody, to be tried alone.
-- name: lease_aside
INSERT INTO engine_lease (queue, worker, claimed_ms, size, body, lined) VALUES (:queue, 'nobody', :now_ms, 1, :body, :lined);

-- name: lease_look_aside [sqlite]
SELECT token, body, lined FROM engine_lease WHERE queue = :queue AND worker = 'nobody' ORDER BY token LIMIT :n;

-- name: lease_look_aside [postgres]
SELECT token, body, lined FROM engine_lease WHERE queue = :queue AND worker = 'nobody' ORDER BY token LIMIT :n
FOR UPDATE SKIP LOCKED;

-- name: lease_take_all
DELETE FROM engine_lease WHERE worker = :worker RETURNING token, queue, body, lined, keys;

-- name: dead_add
INSERT INTO engine_dead (id, queue, key, priority, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, reason, error, died_ms)
VALUES (:id, :queue, :key, :priority, :task, :tenant, :attempt, :attempts_max, :enqueued_ms, :payload, :line, :about, :reason, :error, :died_ms)
ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, error = excluded.error, died_ms = excluded.died_ms, attempt = excluded.attempt;

-- name: failure_add
INSERT INTO engine_failure (message_id, queue, task, attempt, at_ms, worker, error, took_ms)
VALUES (:message_id, :queue, :task, :attempt, :at_ms, :worker, :error, :took_ms);

-- name: failures_of
SELECT attempt, at_ms, worker, error, took_ms FROM engine_failure WHERE message_id = :message_id ORDER BY number;

-- name: worker_add
INSERT INTO engine_worker (id, host, pid, queues, beat, started_ms, seen_ms)
VALUES (:id, :host, :pid, :queues, 0, :now_ms, :now_ms);

-- name: worker_beat
UPDATE engine_worker SET beat = beat + 1, seen_ms = :now_ms, memory_bytes = :memory_bytes, cpu_us = :cpu_us,
    cpu_permille = :cpu_permille WHERE id = :id RETURNING drain_ms;

-- name: worker_asked
SELECT drain_ms FROM engine_worker WHERE id = :id;

-- name: worker_drains
UPDATE engine_worker SET drain_ms = :now_ms WHERE id = :id AND drain_ms IS NULL RETURNING id;

-- name: worker_bury
DELETE FROM engine_worker WHERE id = :id AND beat = :beat;

-- name: worker_remove
DELETE FROM engine_worker WHERE id = :id;

-- name: workers
SELECT id, host, pid, queues, beat, started_ms, seen_ms, drain_ms, memory_bytes, cpu_us, cpu_permille FROM engine_worker ORDER BY id;

-- name: tally_add
INSERT INTO engine_tally (queue, task, minute_ms, worker, done, failed, dead, wall_us, waited, ran)
VALUES (:queue, :task, :minute_ms, :worker, :done, :failed, :dead, :wall_us, :waited, :ran)
ON CONFLICT (minute_ms, queue, task, worker) DO UPDATE SET
    done = engine_tally.done + excluded.done, failed = engine_tally.failed + excluded.failed,
    dead = engine_tally.dead + excluded.dead, wall_us = engine_tally.wall_us + excluded.wall_us,
    waited = excluded.waited, ran = excluded.ran;

-- name: queue_add
INSERT INTO engine_queue (name, paused, changed_ms) VALUES (:name, 0, :now_ms) ON CONFLICT (name) DO NOTHING;

-- name: queue_pause
INSERT INTO engine_queue (name, paused, changed_ms) VALUES (:name, :paused, :now_ms)
ON CONFLICT (name) DO UPDATE SET paused = excluded.paused, changed_ms = excluded.changed_ms;

-- name: queues
SELECT name, paused, changed_ms FROM engine_queue ORDER BY name;

-- name: schedule_sync
INSERT INTO engine_schedule (name, cron, zone, missed, next_ms, last_ms, task, queue) VALUES (:name, :cron, :zone, :missed, :next_ms, NULL, :task, :queue)
ON CONFLICT (name) DO UPDATE SET cron = excluded.cron, zone = excluded.zone, missed = excluded.missed,
    task = excluded.task, queue = excluded.queue,
    next_ms = CASE WHEN engine_schedule.cron = excluded.cron AND engine_schedule.zone = excluded.zone
                   THEN engine_schedule.next_ms ELSE excluded.next_ms END;

-- name: schedule_next
SELECT min(CASE WHEN asked_ms IS NULL THEN next_ms ELSE 0 END) AS next_ms FROM engine_schedule WHERE name IN (:names*) AND (paused = 0 OR asked_ms IS NOT NULL);

-- name: schedules_due [sqlite]
SELECT name, next_ms, paused, asked_ms, asked_by FROM engine_schedule
WHERE name IN (:names*) AND ((next_ms <= :now_ms AND paused = 0) OR asked_ms IS NOT NULL);

-- name: schedules_due [postgres]
SELECT name, next_ms, paused, asked_ms, asked_by FROM engine_schedule
WHERE name IN (:names*) AND ((next_ms <= :now_ms AND paused = 0) OR asked_ms IS NOT NULL)
ORDER BY name FOR UPDATE SKIP LOCKED;

-- name: schedule_advance
UPDATE engine_schedule SET next_ms = :next_ms, last_ms = :last_ms WHERE name = :name;

-- name: tick_add
INSERT INTO engine_tick (schedule, due_ms, fired_ms, worker, asked_by, skipped) VALUES (:schedule, :due_ms, :now_ms, :worker, :asked_by, :skipped)
ON CONFLICT (schedule, due_ms) DO NOTHING;

-- name: tick_made
UPDATE engine_tick SET message = :message WHERE schedule = :schedule AND due_ms = :due_ms;

-- name: schedule_ran
UPDATE engine_schedule SET asked_ms = NULL, asked_by = NULL WHERE name = :name;

-- name: schedules
SELECT name, cron, zone, missed, next_ms, last_ms, task, queue, paused, asked_ms, asked_by FROM engine_schedule ORDER BY name;

-- name: live_add
INSERT INTO engine_live (at_ms, channels, kind, data) VALUES (:at_ms, :channels, :kind, :data);

-- name: live_after [sqlite]
SELECT 0 AS xid, pos, at_ms, channels, kind, data, 1 AS final FROM engine_live WHERE pos > :pos AND :xid = 0 ORDER BY pos LIMIT :n;

-- Rows of a transaction younger than one that still runs are not final: that one may yet come before them.
-- name: live_after [postgres]
SELECT CAST(CAST(xid AS TEXT) AS BIGINT) AS xid, pos, at_ms, channels, kind, data,
    CAST(xid < pg_snapshot_xmin(pg_current_snapshot()) AS INTEGER) AS final
FROM engine_live
WHERE (xid, pos) > (CAST(CAST(:xid AS BIGINT)::text AS xid8), CAST(:pos AS BIGINT))
ORDER BY xid, pos LIMIT :n;

-- name: live_end [sqlite]
SELECT 0 AS xid, coalesce(max(pos), 0) AS pos FROM engine_live;

-- name: live_end [postgres]
SELECT CAST(CAST(xid AS TEXT) AS BIGINT) AS xid, pos FROM engine_live
WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid DESC, pos DESC LIMIT 1;

-- name: live_start [sqlite]
SELECT 0 AS xid, coalesce(min(pos), 0) AS pos FROM engine_live;

-- name: live_start [postgres]
SELECT CAST(CAST(xid AS TEXT) AS BIGINT) AS xid, pos FROM engine_live ORDER BY xid, pos LIMIT 1;

-- name: live_prune [sqlite]
DELETE FROM engine_live WHERE pos IN (SELECT pos FROM engine_live WHERE at_ms < :before_ms ORDER BY at_ms LIMIT :n);

-- name: live_prune [postgres]
DELETE FROM engine_live_rest WHERE ctid = ANY (ARRAY(SELECT ctid FROM engine_live_rest WHERE at_ms < :before_ms ORDER BY at_ms LIMIT :n));

-- name: work_waiting [sqlite]
SELECT q.name AS name, q.paused AS paused, q.lined AS lined, q.batch_max AS batch_max, q.slots AS slots,
    EXISTS (SELECT 1 FROM engine_ready r WHERE r.queue = q.name)
    OR EXISTS (SELECT 1 FROM engine_news n WHERE n.queue = q.name)
    OR EXISTS (SELECT 1 FROM engine_turn o WHERE o.queue = q.name AND o.state = 1 AND o.paused = 0 AND o.running < o.room)
    OR EXISTS (SELECT 1 FROM engine_turn t WHERE t.queue = q.name AND t.state = 2 AND t.paused = 0 AND t.running < t.room AND t.until_ms <= :until_ms)
    OR EXISTS (SELECT 1 FROM engine_arrival a WHERE a.queue = q.name)
    OR EXISTS (SELECT 1 FROM engine_bundle b WHERE b.queue = q.name AND b.token IS NULL)
    OR EXISTS (SELECT 1 FROM engine_later l WHERE l.queue = q.name AND l.due_ms <= :until_ms)
    OR EXISTS (SELECT 1 FROM engine_lease h WHERE h.queue = q.name AND h.worker = 'nobody') AS waiting,
    EXISTS (SELECT 1 FROM engine_lease h WHERE h.worker <> 'nobody') AS leased,
    EXISTS (SELECT 1 FROM engine_batch_progress) AS unfolded
FROM engine_queue q WHERE q.name IN (:queues*);

-- name: work_waiting [postgres]
SELECT q.name AS name, q.paused AS paused, q.lined AS lined, q.batch_max AS batch_max, q.slots AS slots,
    CAST(EXISTS (SELECT 1 FROM engine_ready r WHERE r.queue = q.name)
    OR EXISTS (SELECT 1 FROM engine_news n WHERE n.queue = q.name)
    OR EXISTS (SELECT 1 FROM engine_turn o WHERE o.queue = q.name AND o.state = 1 AND o.paused = 0 AND o.running < o.room)
    OR EXISTS (SELECT 1 FROM engine_turn t WHERE t.queue = q.name AND t.state = 2 AND t.paused = 0 AND t.running < t.room AND t.until_ms <= :until_ms)
    OR EXISTS (SELECT 1 FROM engine_arrival a WHERE a.queue = q.name)
    OR EXISTS (SELECT 1 FROM engine_bundle b WHERE b.queue = q.name AND b.token IS NULL)
    OR EXISTS (SELECT 1 FROM engine_later l WHERE l.queue = q.name AND l.due_ms <= :until_ms)
    OR EXISTS (SELECT 1 FROM engine_lease h WHERE h.queue = q.name AND h.worker = 'nobody') AS INTEGER) AS waiting,
    CAST(EXISTS (SELECT 1 FROM engine_lease h WHERE h.worker <> 'nobody') AS INTEGER) AS leased,
    CAST(EXISTS (SELECT 1 FROM engine_batch_progress) AS INTEGER) AS unfolded
FROM engine_queue q WHERE q.name IN (:queues*);

-- name: queued_for
SELECT id, key, tenant, due_ms, payload FROM (
    SELECT pos, id, key, tenant, CAST(NULL AS BIGINT) AS due_ms, payload FROM engine_ready WHERE queue = :queue AND task = :task
    UNION ALL SELECT pos, id, key, tenant, NULL, payload FROM engine_line WHERE queue = :queue AND task = :task
    UNION ALL SELECT pos, id, key, tenant, NULL, payload FROM engine_arrival WHERE queue = :queue AND task = :task
    UNION ALL SELECT pos, id, key, tenant, NULL, payload FROM engine_parked WHERE queue = :queue AND task = :task
    UNION ALL SELECT pos, id, key, tenant, due_ms, payload FROM engine_later WHERE queue = :queue AND task = :task) waiting
ORDER BY id;
