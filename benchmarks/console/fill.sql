-- A night that was bad and long, made by the database itself. :names are the queues that nobody empties, :now is
-- the time in milliseconds; :first to :last are numbers of rows, of :all of their kind.
-- "-- waits: KIND SHARE" is one state and its share of all messages; "-- after" follows from those, in order.

-- first
CREATE FUNCTION bench_rows(kind text, queues text[], now_ms bigint, first bigint, last bigint) RETURNS TABLE (
    i bigint, queue text, priority int, id text, task text, tenant text, enqueued_ms bigint, payload text
) LANGUAGE sql STABLE AS $$
    SELECT i, q, (i % 3)::int, kind || lpad(to_hex(i), 12, '0'), q || '.do', 'tenant-' || i % 500, now_ms - (i % 1800) * 1000,
        '{"order":"order ' || i || '","sent":0.0,"note":"' || repeat('x', 116) || '"}'
    FROM generate_series(first, last) i, LATERAL (SELECT queues[1 + i % cardinality(queues)] AS q OFFSET 0) named
$$;
INSERT INTO engine_queue (name, paused, changed_ms) SELECT unnest(:names || :others), 0, :now;

-- waits: bulk 0.35
INSERT INTO engine_ready (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload)
SELECT queue, NULL, 0, id, task, tenant, 0, 5, enqueued_ms, payload FROM bench_rows('a', :bulk, :now, :first, :last);

-- waits: ready 0.2
INSERT INTO engine_ready (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload)
SELECT queue, NULL, priority, id, task, tenant, 0, 5, enqueued_ms, payload FROM bench_rows('b', :names, :now, :first, :last);

-- Ten to a key, and five keys that are busier than all others.
-- waits: parked 0.15
INSERT INTO engine_parked (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload)
SELECT queue, CASE WHEN i % 20 = 0 THEN 'hot ' || i / 20 % 5 ELSE 'tab ' || i / 3000 END, priority, id, task, tenant, 0, 5, enqueued_ms, payload
FROM bench_rows('c', :names, :now, :first, :last);

-- waits: later 0.15
INSERT INTO engine_later (due_ms, is_head, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload)
SELECT :now + (600 + i % 86400) * 1000, 0, queue, NULL, priority, id, task, tenant, i % 2, 5, enqueued_ms, payload
FROM bench_rows('d', :names, :now, :first, :last);

-- waits: line 0.08
INSERT INTO engine_line (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line)
SELECT queue, NULL, priority, id, task, tenant, 0, 5, enqueued_ms, payload, tenant FROM bench_rows('e', :lined, :now, :first, :last);

-- waits: arrival 0.02
INSERT INTO engine_arrival (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload)
SELECT queue, 'new ' || i % 9999, priority, id, task, tenant, 0, 5, enqueued_ms, payload FROM bench_rows('f', :names, :now, :first, :last);

-- Over a day, the newest with the highest number; a few closed their key.
-- waits: dead 0.05
INSERT INTO engine_dead (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, reason, error, died_ms)
SELECT queue, CASE WHEN i % 50 = 0 THEN 'closed ' || i END, priority, id, task, tenant, 5, 5, enqueued_ms, payload, 'attempts',
    (ARRAY['ConnectionError: hooks.example:443 refused the connection (order ' || i || ')', 'the printer is out of paper',
        'TimeoutError: no answer in ' || 1000 + i % 90 || ' ms', '422 from the bank: account ' || i || ' is closed',
        'KeyError: product-' || i % 40, 'no order is called ' || i, 'disk quota exceeded on volume ' || i % 7,
        'deadlock detected: process ' || i || ' waits'])[1 + i % 8],
    :now - (:all - i) * 86400000 / :all
FROM bench_rows('9', :names, :now, :first, :last);

-- after
INSERT INTO engine_lane (queue, key, state, since_ms) SELECT DISTINCT queue, key, 'busy', :now FROM engine_parked;
-- Every head stands where it can run.
INSERT INTO engine_ready (queue, key, priority, id, task, attempt, attempts_max, enqueued_ms, payload)
SELECT queue, key, 1, 'head-' || md5(queue || key), queue || '.do', 0, 5, :now, '{"order":"head","sent":0.0,"note":""}'
FROM engine_lane WHERE state = 'busy';
INSERT INTO engine_lane (queue, key, state, since_ms) SELECT queue, key, 'parked', died_ms FROM engine_dead WHERE key IS NOT NULL;
UPDATE engine_queue SET lined = 1, changed_ms = :now WHERE name = ANY (:lined);
INSERT INTO engine_turn (queue, line, turn, state, room, interval_us, burst, weight)
SELECT DISTINCT queue, line, 0, 1, 8, 0, 1, 1 FROM engine_line;
INSERT INTO engine_failure (message_id, queue, task, attempt, at_ms, worker, error)
SELECT d.id, d.queue, d.task, n, d.died_ms - n * 1000, 'worker-' || n, d.error FROM engine_dead d, generate_series(1, 2) n;

-- history
-- A day of minutes, told by two workers.
INSERT INTO engine_tally (queue, task, minute_ms, worker, done, failed, dead, wall_us)
SELECT q, q || '.do', :now - :now % 60000 - m * 60000, 'worker-' || w, 40 + (m * 7 + length(q)) % 90,
    CASE WHEN m % 11 = 0 THEN 3 ELSE 0 END, CASE WHEN m % 31 = 0 THEN 1 ELSE 0 END, 900000
FROM unnest(:names || :others) q, generate_series(1, 1440) m, generate_series(1, 2) w;
-- Twenty days of hours: every task works for four tenants in each.
INSERT INTO engine_usage (hour_ms, task, tenant, done, failed, dead, cancelled, snoozed, expired, wall_us, cpu_us, memory_kib_s)
SELECT :now - :now % 3600000 - h * 3600000::bigint, q || '.do', 'tenant-' || (h + t) % 500, 3000, 12, 1, 0, 0, 0, 9000000, 4000000, 70000
FROM unnest(:names) q, generate_series(1, 480) h, generate_series(1, 4) t;
INSERT INTO engine_change (id, at_ms, who, action, subject, before, after)
SELECT 'change-' || i, :now - i * 1000, 'ops@house.example', 'queue.paused', 'queue:' || (:names)[1 + i % cardinality(:names)],
    '{"paused":false}', '{"paused":true}' FROM generate_series(1, 100000) i;
INSERT INTO engine_batch (id, name, tenant, sealed, total, done, failed, dead, opened_ms)
SELECT 'batch-' || i, 'export ' || i, 'tenant-' || i % 500, 1, 5000, i % 4990, i % 9, i % 5, :now - i * 1000 FROM generate_series(1, 5000) i;
INSERT INTO engine_batch_progress (batch, total, done, failed, dead, cancelled, expired)
SELECT 'batch-' || 1 + i % 50, 0, 1, 0, 0, 0, 0 FROM generate_series(1, 20000) i;
INSERT INTO engine_scaling (id, at_ms, host, pid, before, after, least, most, ready, in_flight, oldest_ms, reason)
SELECT 'scaling-' || i, :now - i * 60000, 'node-' || i % 9, 100, i % 7, 1 + i % 7, 0, 8, i, 3, 900, 'work grows' FROM generate_series(1, 5000) i;
INSERT INTO engine_worker (id, host, pid, queues, beat, started_ms, seen_ms)
SELECT 'worker-' || i, 'node-' || i % 9, 100 + i, array_to_string(:names, ','), 1, :now - 86400000, :now + 86400000 FROM generate_series(1, 30) i;
INSERT INTO engine_schedule (name, cron, zone, missed, next_ms, last_ms)
SELECT 'schedule ' || i, '0 3 * * *', 'UTC', 'once', :now + 3600000::bigint * i, :now - i FROM generate_series(1, 150) i;
INSERT INTO engine_breaker (name, state, changed_ms, failures_max, within_ms, open_ms, queues)
SELECT 'breaker-' || i, CASE WHEN i % 4 = 0 THEN 'open' ELSE 'closed' END, :now, 5, 60000, 30000, (:names)[1 + i % cardinality(:names)] FROM generate_series(1, 40) i;
INSERT INTO engine_redrive (id, action, queue, every_us, state, found, handled, after_ms, after_id, next_us, who, started_ms, ended_ms)
SELECT 'redrive-' || i, 'retry', (:names)[1 + i % 9], 1000, 'done', 900, 900, 0, '', 0, 'ops@house.example', :now - i * 60000, :now - i * 60000 + 900
FROM generate_series(1, 500) i;

-- last
DROP FUNCTION bench_rows;
