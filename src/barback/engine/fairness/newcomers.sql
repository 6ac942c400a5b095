-- Lines that just got messages, taken at once where nothing limits them: no row of a turn is written for them.

-- Held together by claims that count no tokens, alone by whoever changes what limits lines.
-- name: uncounted [postgres]
SELECT CASE WHEN pg_try_advisory_xact_lock_shared(726169, hashtext(:queue)) THEN 1 ELSE 0 END AS may;

-- name: change_begin [postgres]
SELECT pg_advisory_xact_lock(726169, hashtext(:queue));

-- Who claims in one statement looks before it has the lock: so it sees that this was done meanwhile (leasing/at_once.sql).
-- name: change_tell [postgres]
UPDATE engine_queue SET changed_ms = changed_ms WHERE name = :queue;

-- Whether anything limits the queue, since when the next one waits for its turn, and, without limits, who has news. A line may be taken at once that has no turn or waits for
-- none, and that no operator has said anything of.
-- name: news_look [sqlite]
SELECT b.bound AS bound, b.first_turn AS first_turn, n.pos AS pos, n.line AS line,
    CASE WHEN m.line IS NULL AND (t.line IS NULL
        OR (t.state = 0 AND t.paused = 0 AND t.broken = 0 AND t.interval_us = 0 AND t.room = 2147483647)) THEN 1 ELSE 0 END AS quiet
FROM (SELECT EXISTS (SELECT 1 FROM engine_limit WHERE queue = :queue AND (room < 2147483647 OR rate_n > 0
    OR (scope = 'queue' AND until_ms > 0))) AS bound,
    (SELECT turn FROM engine_turn
        WHERE queue = :queue AND state = 1 AND paused = 0 AND running < room ORDER BY queue, turn LIMIT 1) AS first_turn) b
LEFT JOIN (SELECT pos, line FROM engine_news WHERE queue = :queue AND pos > :after ORDER BY pos LIMIT :n) n ON b.bound = 0
LEFT JOIN engine_turn t ON t.queue = :queue AND t.line = n.line
LEFT JOIN engine_limit m ON m.queue = :queue AND m.scope = 'line' AND m.line = n.line
ORDER BY n.pos;

-- name: news_look [postgres]
SELECT b.bound AS bound, b.first_turn AS first_turn, n.pos AS pos, n.line AS line,
    CASE WHEN m.line IS NULL AND (t.line IS NULL
        OR (t.state = 0 AND t.paused = 0 AND t.broken = 0 AND t.interval_us = 0 AND t.room = 2147483647)) THEN 1 ELSE 0 END AS quiet
FROM (SELECT CASE WHEN EXISTS (SELECT 1 FROM engine_limit WHERE queue = :queue AND (room < 2147483647 OR rate_n > 0
    OR (scope = 'queue' AND until_ms > 0))) THEN 1 ELSE 0 END AS bound,
    (SELECT turn FROM engine_turn
        WHERE queue = :queue AND state = 1 AND paused = 0 AND running < room ORDER BY queue, turn LIMIT 1) AS first_turn) b
LEFT JOIN LATERAL (SELECT e.pos, e.line FROM engine_news e WHERE e.queue = :queue AND e.pos > :after AND b.bound = 0
    ORDER BY e.queue, e.pos LIMIT :n FOR UPDATE SKIP LOCKED) n ON true
LEFT JOIN LATERAL (SELECT o.line, o.state, o.paused, o.broken, o.interval_us, o.room
    FROM engine_turn o WHERE o.queue = :queue AND o.line = n.line LIMIT 1) t ON true
LEFT JOIN LATERAL (SELECT l.line FROM engine_limit l WHERE l.queue = :queue AND l.scope = 'line' AND l.line = n.line LIMIT 1) m ON true
ORDER BY n.pos;

-- The news that came last, newest first, of lines that may be taken at once; none of those up to `after`.
-- name: news_last [sqlite]
SELECT n.pos AS pos, n.line AS line
FROM (SELECT pos, line FROM engine_news WHERE queue = :queue AND pos > :after ORDER BY pos DESC LIMIT :n) n
LEFT JOIN engine_turn t ON t.queue = :queue AND t.line = n.line
LEFT JOIN engine_limit m ON m.queue = :queue AND m.scope = 'line' AND m.line = n.line
WHERE m.line IS NULL AND (t.line IS NULL
    OR (t.state = 0 AND t.paused = 0 AND t.broken = 0 AND t.interval_us = 0 AND t.room = 2147483647))
ORDER BY n.pos DESC;

-- name: news_last [postgres]
SELECT n.pos AS pos, n.line AS line
FROM (SELECT e.pos, e.line FROM engine_news e WHERE e.queue = :queue AND e.pos > :after
    ORDER BY e.queue DESC, e.pos DESC LIMIT :n FOR UPDATE SKIP LOCKED) n
LEFT JOIN LATERAL (SELECT o.line, o.state, o.paused, o.broken, o.interval_us, o.room
    FROM engine_turn o WHERE o.queue = :queue AND o.line = n.line LIMIT 1) t ON true
LEFT JOIN LATERAL (SELECT l.line FROM engine_limit l WHERE l.queue = :queue AND l.scope = 'line' AND l.line = n.line LIMIT 1) m ON true
WHERE m.line IS NULL AND (t.line IS NULL
    OR (t.state = 0 AND t.paused = 0 AND t.broken = 0 AND t.interval_us = 0 AND t.room = 2147483647))
ORDER BY n.pos DESC;

-- name: news_drop
DELETE FROM engine_news WHERE queue = :queue AND pos IN (:places*);

-- Up to `share` of each line, in the order of the lines, `n` in all. `seen` is how many there were: others may just be
-- taking some.
-- name: quiet_take [sqlite]
DELETE FROM engine_line WHERE pos IN (
    SELECT l.pos FROM json_each(:lines) s CROSS JOIN engine_line l
    WHERE l.pos IN (SELECT x.pos FROM engine_line x WHERE x.queue = :queue AND x.line = s.value ORDER BY x.priority, x.pos LIMIT :share)
    ORDER BY s.key LIMIT :n)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, NULL AS seen;

-- name: quiet_take [postgres]
WITH found AS MATERIALIZED (
    SELECT its.at FROM unnest(:lines::text[]) WITH ORDINALITY AS s(line, place)
    CROSS JOIN LATERAL (SELECT l.ctid AS at FROM engine_line l WHERE l.queue = :queue AND l.line = s.line
        ORDER BY l.queue, l.line, l.priority, l.pos LIMIT :share) its
    LIMIT :n)
DELETE FROM engine_line WHERE ctid = ANY (ARRAY(
    SELECT l.ctid FROM engine_line l WHERE l.ctid = ANY (ARRAY(SELECT at FROM found)) FOR UPDATE SKIP LOCKED))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about,
    (SELECT count(*) FROM found) AS seen;

-- name: turn_last
SELECT turn FROM engine_turn WHERE queue = :queue AND state = 1 AND paused = 0 AND running < room
ORDER BY queue DESC, turn DESC LIMIT 1;

-- name: uncounted_any
SELECT 1 AS found FROM engine_lease WHERE queue = :queue AND lined = 2 LIMIT 1;

-- Leases that hold no tokens, held until they do.
-- name: uncounted_leases [sqlite]
SELECT token, body FROM engine_lease WHERE queue = :queue AND lined = 2;

-- name: uncounted_leases [postgres]
SELECT token, body FROM engine_lease WHERE queue = :queue AND lined = 2 ORDER BY token FOR UPDATE;

-- name: leases_count
UPDATE engine_lease SET lined = 1 WHERE token IN (:tokens*);

-- name: turns_count [sqlite]
INSERT INTO engine_turn (queue, line, turn, state, room, interval_us, burst, weight, running)
SELECT :queue, json_extract(value, '$[0]'), 0, 0, 2147483647, 0, 1, 1, json_extract(value, '$[1]') FROM json_each(:changes) WHERE true
ON CONFLICT (queue, line) DO UPDATE SET running = engine_turn.running + excluded.running;

-- name: turns_count [postgres]
INSERT INTO engine_turn AS turn (queue, line, turn, state, room, interval_us, burst, weight, running)
SELECT :queue, c.line, 0, 0, 2147483647, 0, 1, 1, c.n FROM unnest(:lines::text[], :counts::int[]) AS c(line, n) ORDER BY c.line
ON CONFLICT (queue, line) DO UPDATE SET running = turn.running + excluded.running;
