-- Lanes: order per key.

-- Lanes for those keys that have none. Only who routes adds lanes, one at a time, so no two add the same.
-- name: lane_enter [sqlite]
INSERT INTO engine_lane (queue, key, state, since_ms)
SELECT :queue, k.value, s.value, :now_ms FROM json_each(:keys) k JOIN json_each(:states) s ON s.key = k.key WHERE true
ON CONFLICT (queue, key) DO NOTHING;

-- name: lane_own [sqlite]
INSERT INTO engine_lane (queue, key, state, since_ms) SELECT :queue, k.value, 'alone', :now_ms FROM json_each(:keys) k WHERE true
ON CONFLICT (queue, key) DO NOTHING;

-- name: lane_own [postgres]
INSERT INTO engine_lane (queue, key, state, since_ms) SELECT :queue, its.key, 'alone', :now_ms FROM unnest(:keys::text[]) AS its(key)
ON CONFLICT (queue, key) DO NOTHING;

-- Answers those that are there. They are locked, so that the end of one and a new message for it cannot pass each other.
-- Without ON CONFLICT: to insert by it, and to lock by it, costs more than twice as much.
-- name: lane_enter [postgres]
WITH there AS MATERIALIZED (
    SELECT lane.key, lane.state FROM unnest(:keys::text[]) AS its(key) CROSS JOIN LATERAL (
        SELECT l.key, l.state FROM engine_lane l WHERE l.queue = :queue AND l.key = its.key FOR UPDATE) lane
), added AS (
    INSERT INTO engine_lane (queue, key, state, since_ms)
    SELECT :queue, entering.key, entering.state, :now_ms FROM unnest(:keys::text[], :states::text[]) AS entering(key, state)
    WHERE entering.key NOT IN (SELECT there.key FROM there)
)
SELECT key, state FROM there;

-- name: lane_follow [sqlite]
UPDATE engine_lane SET state = 'busy' WHERE queue = :queue AND key IN (:keys*) AND state = 'alone';

-- name: lane_follow [postgres]
UPDATE engine_lane SET state = 'busy' WHERE ctid = ANY (ARRAY(SELECT lane.ctid FROM unnest(:keys::text[]) AS its(key)
    CROSS JOIN LATERAL (SELECT l.ctid FROM engine_lane l WHERE l.queue = :queue AND l.key = its.key AND l.state = 'alone' FOR UPDATE) lane));

-- name: lane_lock [sqlite]
SELECT key, state, paused FROM engine_lane WHERE queue = :queue AND key IN (:keys*);

-- Key by key, in the order in which they are given: by a list of keys the planner reads every lane of the queue.
-- name: lane_lock [postgres]
SELECT lane.key AS key, lane.state AS state, lane.paused AS paused FROM unnest(:keys::text[]) AS its(key)
CROSS JOIN LATERAL (SELECT l.key, l.state, l.paused FROM engine_lane l WHERE l.queue = :queue AND l.key = its.key FOR UPDATE) lane;

-- Lanes of heads that are gone, where nobody ever waited behind; returns their keys. All are locked, in order; one that
-- changed meanwhile is not seen by the deletion, and stays for the slow way.
-- name: lanes_end [sqlite]
DELETE FROM engine_lane WHERE queue = :queue AND key IN (:keys*) AND state = 'alone' AND paused = 0 RETURNING key;

-- name: lanes_end [postgres]
WITH locked AS MATERIALIZED (
    SELECT lane.place, lane.state, lane.paused FROM unnest(:keys::text[]) AS its(key) CROSS JOIN LATERAL (
        SELECT l.ctid AS place, l.state, l.paused FROM engine_lane l WHERE l.queue = :queue AND l.key = its.key FOR UPDATE) lane)
DELETE FROM engine_lane WHERE ctid = ANY (ARRAY(SELECT place FROM locked WHERE state = 'alone' AND paused = 0)) RETURNING key;

-- name: lane_leave [sqlite]
DELETE FROM engine_lane WHERE queue = :queue AND key IN (:keys*);

-- name: lane_leave [postgres]
DELETE FROM engine_lane WHERE ctid = ANY (ARRAY(SELECT lane.ctid FROM unnest(:keys::text[]) AS its(key)
    CROSS JOIN LATERAL (SELECT l.ctid FROM engine_lane l WHERE l.queue = :queue AND l.key = its.key LIMIT 1) lane));

-- name: lane_mark
UPDATE engine_lane SET state = :state, since_ms = :now_ms WHERE queue = :queue AND key = :key;

-- name: lane_hold
UPDATE engine_lane SET state = 'held', since_ms = :now_ms WHERE queue = :queue AND key IN (:keys*);

-- Leases that hold keys without a lane.
-- name: leases_loose
SELECT token, keys FROM engine_lease WHERE queue = :queue AND keys IS NOT NULL AND token >= :since ORDER BY queue, token;

-- Messages came for keys of these leases. In order, and whoever ends one meanwhile is waited for.
-- name: leases_follow [sqlite]
UPDATE engine_lease SET followed = 1 WHERE token IN (:tokens*) RETURNING token;

-- name: leases_follow [postgres]
WITH there AS MATERIALIZED (SELECT token FROM engine_lease WHERE token IN (:tokens*) ORDER BY token FOR UPDATE)
UPDATE engine_lease SET followed = 1 WHERE token = ANY (ARRAY(SELECT token FROM there)) RETURNING token;

-- name: lane_gate [sqlite]
SELECT 1 AS mine;

-- name: lane_gate [postgres]
SELECT pg_advisory_xact_lock(726168, hashtext(:queue)) AS mine;

-- name: lane_pause
INSERT INTO engine_lane (queue, key, state, since_ms, paused) VALUES (:queue, :key, 'held', :now_ms, 1)
ON CONFLICT (queue, key) DO UPDATE SET paused = 1;

-- name: lane_resume
UPDATE engine_lane SET paused = 0 WHERE queue = :queue AND key = :key;

-- name: lanes_paused [sqlite]
SELECT key FROM engine_lane WHERE queue = :queue AND key IN (:keys*) AND paused = 1;

-- name: lanes_paused [postgres]
SELECT lane.key AS key FROM unnest(:keys::text[]) AS its(key)
CROSS JOIN LATERAL (SELECT l.key FROM engine_lane l WHERE l.queue = :queue AND l.key = its.key AND l.paused = 1 FOR UPDATE) lane;

-- name: ready_pull
DELETE FROM engine_ready WHERE queue = :queue AND key = :key
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- name: line_pull
DELETE FROM engine_line WHERE queue = :queue AND key = :key
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- A place before everything that waits behind the key; on SQLite places are unique in the whole table.
-- name: parked_front [sqlite]
SELECT min(0, coalesce(min(pos), 0)) AS pos FROM engine_parked;

-- name: parked_front [postgres]
SELECT least(0, coalesce(min(pos), 0)) AS pos FROM engine_parked WHERE queue = :queue AND key = :key;

-- name: parked_add_at
INSERT INTO engine_parked (pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about)
VALUES (:pos, :queue, :key, :priority, :id, :task, :tenant, :attempt, :attempts_max, :enqueued_ms, :payload, :line, :about);

-- name: parked_heads [sqlite]
DELETE FROM engine_parked
WHERE pos IN (
    SELECT (SELECT p.pos FROM engine_parked p WHERE p.queue = :queue AND p.key = k.value ORDER BY p.pos LIMIT 1)
    FROM json_each(:keys) k)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- name: parked_heads [postgres]
DELETE FROM engine_parked
WHERE ctid = ANY (ARRAY(
    SELECT head.ctid FROM unnest(:keys::text[]) AS k(key)
    CROSS JOIN LATERAL (SELECT p.ctid FROM engine_parked p WHERE p.queue = :queue AND p.key = k.key ORDER BY p.queue, p.key, p.pos LIMIT 1) head))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;
