-- Claims in one statement, which is a transaction of its own, where messages that can run are all there is.

-- Ends the leases `tokens`, then looks, takes and leases, in this order: what stands later asks for what stands before.
-- The body of a lease is JSON here, because the server writes it; `attempt` is one more, as in every claim (E6).
-- The commit of a claim that ends nothing need not wait for the disk, if `relaxed` says so, nobody set
-- `synchronous_commit` otherwise, and the server has not crashed within `careful_ms` (see relaxed.py): what is in
-- engine_calm a crash has emptied, and whoever finds it so writes down when that was.
-- name: claim_at_once [postgres]
WITH ended AS (DELETE FROM engine_lease WHERE token = ANY(:tokens::bigint[]) AND worker = :worker RETURNING token),
seen AS MATERIALIZED (SELECT (SELECT count(*) FROM ended) < cardinality(:tokens::bigint[]) AS lost,
    NOT EXISTS (SELECT 1 FROM engine_worker WHERE id = :worker)
        OR EXISTS (SELECT 1 FROM engine_queue q WHERE q.name = :queue AND q.lined > 0)
        OR EXISTS (SELECT 1 FROM engine_bundle WHERE queue = :queue AND token IS NULL) AS long_way,
    EXISTS (SELECT 1 FROM engine_lease WHERE queue = :queue AND worker = 'nobody') AS aside,
    EXISTS (SELECT 1 FROM engine_arrival WHERE queue = :queue) AS arrived,
    (SELECT min(due_ms) FROM engine_later WHERE queue = :queue) AS due_ms),
calm AS MATERIALIZED (SELECT since_ms FROM engine_calm WHERE one = 1),
crashed AS (INSERT INTO engine_calm (one, since_ms) SELECT 1, :now_ms WHERE NOT EXISTS (SELECT 1 FROM calm) ON CONFLICT DO NOTHING),
alone AS MATERIALIZED (SELECT NOT (lost OR long_way OR aside OR arrived OR coalesce(due_ms <= :now_ms, false)) AS may FROM seen),
hurry AS MATERIALIZED (SELECT CASE WHEN :relaxed AND cardinality(:tokens::bigint[]) = 0
        AND current_setting('synchronous_commit') = 'on' AND (SELECT since_ms FROM calm) <= :now_ms - :careful_ms
    THEN set_config('synchronous_commit', 'off', true) ELSE '' END AS mode),
taken AS (DELETE FROM engine_ready
    WHERE ctid = ANY (ARRAY(
        SELECT live.ctid FROM unnest(:priorities::bigint[], :places::bigint[], :untils::bigint[]) AS part(priority, pos, until)
        CROSS JOIN LATERAL (SELECT r.ctid FROM engine_ready r
            WHERE (SELECT may FROM alone) AND r.queue = :queue
                AND (r.priority, r.pos) >= (part.priority, part.pos) AND r.priority < part.until
            ORDER BY r.queue, r.priority, r.pos LIMIT :n FOR UPDATE SKIP LOCKED) live
        LIMIT :n))
    RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about),
held AS (INSERT INTO engine_lease (queue, worker, claimed_ms, size, body, lined)
    SELECT :queue, :worker, :now_ms, count(*), convert_to(json_agg(json_build_array(pos, queue, key, priority, id, task,
        tenant, attempt + 1, attempts_max, enqueued_ms, payload, line, about) ORDER BY priority, pos)::text, 'UTF8'), 0
    FROM taken GROUP BY CASE WHEN :singly THEN pos END
    RETURNING token, body)
SELECT seen.lost, seen.long_way, seen.aside, seen.arrived, seen.due_ms, alone.may, held.token, held.body,
    (SELECT since_ms FROM calm) AS calm_ms, hurry.mode = 'off' AS relaxed,
    held.token IS NULL AND EXISTS (SELECT 1
        FROM unnest(:priorities::bigint[], :places::bigint[], :untils::bigint[]) AS part(priority, pos, until)
        CROSS JOIN LATERAL (SELECT 1 FROM engine_ready r
            WHERE r.queue = :queue AND (r.priority, r.pos) >= (part.priority, part.pos) AND r.priority < part.until
            LIMIT 1) live) AS waiting
FROM seen CROSS JOIN alone CROSS JOIN hurry LEFT JOIN held ON true;

-- The same where messages wait in lines that nothing limits, and all that wait are no more than one claim takes: nobody
-- waits for a turn, so there is none. Who takes the advisory lock alone, and writes into the queue's row after it
-- (`begin_change`), may have ended after this statement began to look: then the row is not what was seen, and nothing is claimed.
-- A lease that holds tokens (lined is 1) does not end here. News is kept where a message was not to be had. Waits for the disk.
-- name: claim_lined_at_once [postgres]
WITH ended AS (DELETE FROM engine_lease WHERE token = ANY(:tokens::bigint[]) AND worker = :worker AND lined <> 1 RETURNING token),
seen AS MATERIALIZED (SELECT (SELECT count(*) FROM ended) < cardinality(:tokens::bigint[]) AS lost,
    NOT EXISTS (SELECT 1 FROM engine_worker WHERE id = :worker)
        OR EXISTS (SELECT 1 FROM engine_bundle WHERE queue = :queue AND token IS NULL)
        OR EXISTS (SELECT 1 FROM engine_limit
            WHERE queue = :queue AND (scope = 'line' OR room < 2147483647 OR rate_n > 0 OR until_ms > 0))
        OR EXISTS (SELECT 1 FROM engine_turn WHERE queue = :queue AND state = 1 AND paused = 0 AND running < room)
        OR EXISTS (SELECT 1 FROM unnest(:priorities::bigint[], :places::bigint[], :untils::bigint[]) AS part(priority, pos, until)
            CROSS JOIN LATERAL (SELECT 1 FROM engine_ready r
                WHERE r.queue = :queue AND (r.priority, r.pos) >= (part.priority, part.pos) AND r.priority < part.until
                LIMIT 1) live) AS long_way,
    EXISTS (SELECT 1 FROM engine_lease WHERE queue = :queue AND worker = 'nobody') AS aside,
    EXISTS (SELECT 1 FROM engine_arrival WHERE queue = :queue) AS arrived,
    least((SELECT min(due_ms) FROM engine_later WHERE queue = :queue), (SELECT min(until_ms) FROM engine_turn
        WHERE queue = :queue AND state = 2 AND paused = 0 AND running < room)) AS due_ms),
alone AS MATERIALIZED (SELECT NOT (lost OR long_way OR aside OR arrived OR coalesce(due_ms <= :now_ms, false)) AS may FROM seen),
heard AS MATERIALIZED (SELECT n.pos, n.line FROM engine_news n WHERE (SELECT may FROM alone) AND n.queue = :queue
    ORDER BY n.queue, n.pos LIMIT :n::bigint + 1),
found AS MATERIALIZED (SELECT its.at FROM (SELECT DISTINCT h.line FROM heard h) brought
    CROSS JOIN LATERAL (SELECT l.ctid AS at FROM engine_line l WHERE l.queue = :queue AND l.line = brought.line
        ORDER BY l.queue, l.line, l.priority, l.pos LIMIT :n::bigint + 1) its
    LIMIT :n::bigint + 1),
fits AS MATERIALIZED (SELECT (SELECT count(*) FROM heard) BETWEEN 1 AND :n AND (SELECT count(*) FROM found) <= :n
    AND NOT EXISTS (SELECT 1 FROM heard h CROSS JOIN LATERAL (SELECT 1 FROM engine_turn o WHERE o.queue = :queue AND o.line = h.line
        AND (o.state > 0 OR o.paused > 0 OR o.broken > 0 OR o.interval_us > 0 OR o.room < 2147483647) LIMIT 1) taking) AS fits),
same AS MATERIALIZED (SELECT 1 FROM engine_queue q WHERE (SELECT fits FROM fits) AND q.name = :queue AND q.lined > 0
    AND q.xmin = (SELECT before.xmin FROM engine_queue before WHERE before.name = :queue) FOR SHARE SKIP LOCKED),
ours AS MATERIALIZED (SELECT CASE WHEN EXISTS (SELECT 1 FROM same)
    THEN pg_try_advisory_xact_lock_shared(726169, hashtext(:queue)) ELSE false END AS may),
taken AS (DELETE FROM engine_line WHERE ctid = ANY (ARRAY(
        SELECT l.ctid FROM engine_line l WHERE (SELECT may FROM ours) AND l.ctid = ANY (ARRAY(SELECT at FROM found)) FOR UPDATE SKIP LOCKED))
    RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about),
whole AS MATERIALIZED (SELECT (SELECT may FROM ours) AND (SELECT count(*) FROM taken) = (SELECT count(*) FROM found) AS whole),
dropped AS (DELETE FROM engine_news WHERE ctid = ANY (ARRAY(SELECT n.ctid FROM engine_news n
    WHERE (SELECT whole FROM whole) AND n.queue = :queue AND n.pos = ANY (ARRAY(SELECT h.pos FROM heard h)) FOR UPDATE SKIP LOCKED))),
held AS (INSERT INTO engine_lease (queue, worker, claimed_ms, size, body, lined)
    SELECT :queue, :worker, :now_ms, count(*), convert_to(json_agg(json_build_array(pos, queue, key, priority, id, task,
        tenant, attempt + 1, attempts_max, enqueued_ms, payload, line, about) ORDER BY priority, pos)::text, 'UTF8'), 2
    FROM taken GROUP BY CASE WHEN :singly THEN pos END
    RETURNING token, body)
SELECT seen.lost, seen.long_way, seen.aside, seen.arrived, seen.due_ms, held.token, held.body,
    NULL::bigint AS calm_ms, false AS relaxed,
    alone.may AND (ours.may OR NOT EXISTS (SELECT 1 FROM heard)) AS may,
    held.token IS NULL AND EXISTS (SELECT 1 FROM heard) AND NOT whole.whole AS waiting
FROM seen CROSS JOIN alone CROSS JOIN ours CROSS JOIN whole LEFT JOIN held ON true;
