-- Claims in one statement, which is a transaction of its own, where messages that can run are all there is.

-- Ends the leases `tokens`, then looks, takes and leases, in this order: what stands later asks for what stands before.
-- The body of a lease is JSON here, because the server writes it; `attempt` is one more, as in every claim (E6).
-- name: claim_at_once [postgres]
WITH ended AS (DELETE FROM engine_lease WHERE token = ANY(:tokens::bigint[]) AND worker = :worker RETURNING token),
seen AS MATERIALIZED (SELECT (SELECT count(*) FROM ended) < cardinality(:tokens::bigint[]) AS lost,
    NOT EXISTS (SELECT 1 FROM engine_worker WHERE id = :worker)
        OR EXISTS (SELECT 1 FROM engine_queue q WHERE q.name = :queue AND q.lined > 0)
        OR EXISTS (SELECT 1 FROM engine_bundle WHERE queue = :queue AND token IS NULL) AS long_way,
    EXISTS (SELECT 1 FROM engine_lease WHERE queue = :queue AND worker = 'nobody') AS aside,
    EXISTS (SELECT 1 FROM engine_arrival WHERE queue = :queue) AS arrived,
    (SELECT min(due_ms) FROM engine_later WHERE queue = :queue) AS due_ms),
alone AS MATERIALIZED (SELECT NOT (lost OR long_way OR aside OR arrived OR coalesce(due_ms <= :now_ms, false)) AS may FROM seen),
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
    held.token IS NULL AND EXISTS (SELECT 1
        FROM unnest(:priorities::bigint[], :places::bigint[], :untils::bigint[]) AS part(priority, pos, until)
        CROSS JOIN LATERAL (SELECT 1 FROM engine_ready r
            WHERE r.queue = :queue AND (r.priority, r.pos) >= (part.priority, part.pos) AND r.priority < part.until
            LIMIT 1) live) AS waiting
FROM seen CROSS JOIN alone LEFT JOIN held ON true;
