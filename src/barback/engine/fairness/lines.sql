-- Lines: fair turns, limits and rates.

-- name: line_add [sqlite]
INSERT INTO engine_line (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about)
VALUES (:queue, :key, :priority, :id, :task, :tenant, :attempt, :attempts_max, :enqueued_ms, :payload, :line, :about);

-- name: line_add [postgres]
INSERT INTO engine_line (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about)
SELECT * FROM unnest(:queue::text[], :key::text[], :priority::int[], :id::text[], :task::text[], :tenant::text[],
                     :attempt::int[], :attempts_max::int[], :enqueued_ms::bigint[], :payload::text[],
                     :line::text[], :about::text[]);

-- One message and the news of it in one statement, which can be a transaction of its own.
-- name: line_send [postgres]
WITH told AS (INSERT INTO engine_news (queue, line) VALUES (:queue, :line))
INSERT INTO engine_line (queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about)
VALUES (:queue, :key, :priority, :id, :task, :tenant, :attempt, :attempts_max, :enqueued_ms, :payload, :line, :about);

-- name: news_add [sqlite]
INSERT INTO engine_news (queue, line) VALUES (:queue, :line);

-- name: news_add [postgres]
INSERT INTO engine_news (queue, line) SELECT * FROM unnest(:queue::text[], :line::text[]);

-- name: news_take [sqlite]
DELETE FROM engine_news
WHERE pos IN (SELECT pos FROM engine_news WHERE queue = :queue ORDER BY pos LIMIT :n)
RETURNING line;

-- name: news_take [postgres]
WITH taken AS (
    DELETE FROM engine_news
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM engine_news WHERE queue = :queue ORDER BY queue, pos LIMIT :n FOR UPDATE SKIP LOCKED))
    RETURNING line)
SELECT DISTINCT line FROM taken;

-- Rows are locked in the order of their lines: whoever changes several does it in this order, and once.
-- name: turn_change [sqlite]
WITH c AS MATERIALIZED (SELECT json_extract(value, '$[0]') AS line, json_extract(value, '$[1]') AS turn, json_extract(value, '$[2]') AS open,
    json_extract(value, '$[3]') AS freed FROM json_each(:changes))
INSERT INTO engine_turn (queue, line, turn, state, room, interval_us, burst, weight, freed)
SELECT :queue, c.line, c.turn, c.open, coalesce(m.room, e.room, 2147483647),
    CASE WHEN coalesce(m.rate_n, e.rate_n, 0) = 0 THEN 0 ELSE coalesce(m.per_us, e.per_us) / coalesce(m.rate_n, e.rate_n) END,
    coalesce(m.burst, e.burst, 1), coalesce(m.weight, e.weight, 1), c.freed
FROM c
LEFT JOIN engine_limit m ON m.queue = :queue AND m.scope = 'line' AND m.line = c.line
LEFT JOIN engine_limit e ON e.queue = :queue AND e.scope = 'each' AND e.line = ''
WHERE true
ON CONFLICT (queue, line) DO UPDATE SET
    turn = max(engine_turn.turn, excluded.turn), state = max(engine_turn.state, excluded.state),
    running = max(0, engine_turn.running - excluded.freed)
WHERE excluded.freed > 0 OR engine_turn.state < excluded.state
RETURNING line, running, room;

-- name: turn_change [postgres]
INSERT INTO engine_turn AS turn (queue, line, turn, state, room, interval_us, burst, weight, freed)
SELECT :queue, c.line, c.turn, c.open, coalesce(m.room, e.room, 2147483647),
    CASE WHEN coalesce(m.rate_n, e.rate_n, 0) = 0 THEN 0 ELSE coalesce(m.per_us, e.per_us) / coalesce(m.rate_n, e.rate_n) END,
    coalesce(m.burst, e.burst, 1), coalesce(m.weight, e.weight, 1), c.freed
FROM unnest(:lines::text[], :places::bigint[], :opens::int[], :freed::int[]) WITH ORDINALITY AS c(line, turn, open, freed, place)
LEFT JOIN engine_limit m ON m.queue = :queue AND m.scope = 'line' AND m.line = c.line
LEFT JOIN engine_limit e ON e.queue = :queue AND e.scope = 'each' AND e.line = ''
ORDER BY c.place
ON CONFLICT (queue, line) DO UPDATE SET
    turn = greatest(turn.turn, excluded.turn), state = greatest(turn.state, excluded.state), running = greatest(0, turn.running - excluded.freed)
WHERE excluded.freed > 0 OR turn.state < excluded.state
RETURNING line, running, room;

-- name: turn_pick [sqlite]
SELECT line, turn, state, running, room, interval_us, burst, weight, tat_us FROM (
    SELECT * FROM engine_turn
    WHERE queue = :queue AND state = 2 AND paused = 0 AND running < room AND until_ms <= :now_ms ORDER BY until_ms LIMIT :n)
UNION ALL
SELECT line, turn, state, running, room, interval_us, burst, weight, tat_us FROM (
    SELECT * FROM engine_turn
    WHERE queue = :queue AND state = 1 AND paused = 0 AND running < room ORDER BY turn LIMIT :n);

-- name: turn_pick [postgres]
WITH held AS MATERIALIZED (
    SELECT * FROM engine_turn
    WHERE queue = :queue AND state = 2 AND paused = 0 AND running < room AND until_ms <= :now_ms
    ORDER BY queue, until_ms LIMIT :n FOR UPDATE SKIP LOCKED),
open AS MATERIALIZED (
    SELECT * FROM engine_turn
    WHERE queue = :queue AND state = 1 AND paused = 0 AND running < room
    ORDER BY queue, turn LIMIT :n FOR UPDATE SKIP LOCKED)
SELECT line, turn, state, running, room, interval_us, burst, weight, tat_us FROM held
UNION ALL SELECT line, turn, state, running, room, interval_us, burst, weight, tat_us FROM open;

-- Another worker is just taking of every line that is open: wait for one. Only who holds no turn himself may wait.
-- name: turn_await [postgres]
SELECT line, turn, state, running, room, interval_us, burst, weight, tat_us FROM engine_turn
WHERE queue = :queue AND state = 1 AND paused = 0 AND running < room ORDER BY queue, turn LIMIT 1 FOR UPDATE;

-- name: turn_take [sqlite]
UPDATE engine_turn SET turn = :turn, state = :state, running = running + :taken, tat_us = :tat_us, until_ms = :until_ms
WHERE queue = :queue AND line = :line;

-- name: turn_take [postgres]
UPDATE engine_turn t SET turn = c.turn, state = c.state, running = t.running + c.taken, tat_us = c.tat_us, until_ms = c.until_ms
FROM unnest(:queue::text[], :line::text[], :turn::bigint[], :state::int[], :taken::int[], :tat_us::bigint[], :until_ms::bigint[])
    AS c(queue, line, turn, state, taken, tat_us, until_ms)
WHERE t.queue = c.queue AND t.line = c.line;

-- The gate is what a whole queue may do: who claims holds it until the commit, so what runs is counted, not guessed.
-- name: gate_hold [sqlite]
SELECT room, rate_n, per_us, burst, tat_us, until_ms FROM engine_limit WHERE queue = :queue AND scope = 'queue' AND line = '';

-- name: gate_hold [postgres]
SELECT room, rate_n, per_us, burst, tat_us, until_ms FROM engine_limit
WHERE queue = :queue AND scope = 'queue' AND line = '' FOR UPDATE;

-- name: gate_running
SELECT coalesce(sum(size), 0) AS running FROM engine_lease WHERE queue = :queue AND lined = 1;

-- name: gate_room
SELECT g.room AS room, (SELECT coalesce(sum(h.size), 0) FROM engine_lease h WHERE h.queue = :queue AND h.lined = 1) AS running
FROM engine_limit g WHERE g.queue = :queue AND g.scope = 'queue' AND g.line = '' AND g.room < 2147483647;

-- name: gate_hold_back
INSERT INTO engine_limit (queue, scope, line, room, rate_n, per_us, burst, weight, declared, by_operator, until_ms)
VALUES (:queue, 'queue', '', 2147483647, 0, 1, 1, 1, NULL, 0, :until_ms)
ON CONFLICT (queue, scope, line) DO UPDATE SET until_ms = excluded.until_ms;

-- name: turn_start
UPDATE engine_turn SET tat_us = :tat_us WHERE queue = :queue AND line = :line;

-- name: gate_take
UPDATE engine_limit SET tat_us = :tat_us, until_ms = :until_ms WHERE queue = :queue AND scope = 'queue' AND line = '';

-- A look without a lock, so that one which may not start yet holds nobody up.
-- name: line_closed
SELECT 1 AS closed WHERE EXISTS (
    SELECT 1 FROM engine_turn t WHERE t.queue = :queue AND t.line = :line
        AND (t.paused = 1 OR (t.until_ms > :now_ms AND (t.state = 2 OR t.interval_us > 0))))
    OR EXISTS (SELECT 1 FROM engine_limit g WHERE g.queue = :queue AND g.scope = 'queue' AND g.line = '' AND g.until_ms > :now_ms);

-- name: line_admits [sqlite]
SELECT paused, state, until_ms, interval_us, burst, tat_us FROM engine_turn WHERE queue = :queue AND line = :line;

-- name: line_admits [postgres]
SELECT paused, state, until_ms, interval_us, burst, tat_us FROM engine_turn WHERE queue = :queue AND line = :line FOR UPDATE;

-- name: turn_hold
INSERT INTO engine_turn AS turn (queue, line, turn, state, room, interval_us, burst, weight, until_ms)
SELECT CAST(:queue AS TEXT), CAST(:line AS TEXT), 0, 2, coalesce(m.room, e.room, 2147483647),
    CASE WHEN coalesce(m.rate_n, e.rate_n, 0) = 0 THEN 0 ELSE coalesce(m.per_us, e.per_us) / coalesce(m.rate_n, e.rate_n) END,
    coalesce(m.burst, e.burst, 1), coalesce(m.weight, e.weight, 1), CAST(:until_ms AS BIGINT)
FROM (SELECT 1 AS one) always
LEFT JOIN engine_limit m ON m.queue = :queue AND m.scope = 'line' AND m.line = :line
LEFT JOIN engine_limit e ON e.queue = :queue AND e.scope = 'each' AND e.line = ''
WHERE true
ON CONFLICT (queue, line) DO UPDATE SET state = 2, until_ms = excluded.until_ms;

-- Held for longer than their rate could: the clock has stepped back since, or was ahead on another machine.
-- name: turns_restart [sqlite]
UPDATE engine_turn SET tat_us = :now_us + burst * interval_us, until_ms = (:now_us + interval_us + 999) / 1000
WHERE queue = :queue AND state = 2 AND broken = 0 AND interval_us > 0 AND tat_us > :now_us + (burst + 1) * interval_us;

-- name: turns_restart [postgres]
WITH ahead AS (
    SELECT queue, line FROM engine_turn
    WHERE queue = :queue AND state = 2 AND broken = 0 AND interval_us > 0 AND tat_us > :now_us + (burst + 1) * interval_us
    FOR UPDATE SKIP LOCKED)
UPDATE engine_turn t SET tat_us = :now_us + t.burst * t.interval_us, until_ms = (:now_us + t.interval_us + 999) / 1000
FROM ahead WHERE t.queue = ahead.queue AND t.line = ahead.line;

-- name: gate_restart
UPDATE engine_limit SET tat_us = :now_us + burst * (per_us / rate_n), until_ms = (:now_us + per_us / rate_n + 999) / 1000
WHERE queue = :queue AND scope = 'queue' AND line = '' AND rate_n > 0 AND tat_us > :now_us + (burst + 1) * (per_us / rate_n);

-- name: turn_paused
SELECT paused FROM engine_turn WHERE queue = :queue AND line = :line;

-- name: turn_pause
INSERT INTO engine_turn AS turn (queue, line, turn, state, room, interval_us, burst, weight, paused)
SELECT CAST(:queue AS TEXT), CAST(:line AS TEXT), 0, 0, coalesce(m.room, e.room, 2147483647),
    CASE WHEN coalesce(m.rate_n, e.rate_n, 0) = 0 THEN 0 ELSE coalesce(m.per_us, e.per_us) / coalesce(m.rate_n, e.rate_n) END,
    coalesce(m.burst, e.burst, 1), coalesce(m.weight, e.weight, 1), CAST(:paused AS INTEGER)
FROM (SELECT 1 AS one) always
LEFT JOIN engine_limit m ON m.queue = :queue AND m.scope = 'line' AND m.line = :line
LEFT JOIN engine_limit e ON e.queue = :queue AND e.scope = 'each' AND e.line = ''
WHERE true
ON CONFLICT (queue, line) DO UPDATE SET paused = excluded.paused;

-- name: lines_rest
SELECT (SELECT min(t.until_ms) FROM engine_turn t WHERE t.queue = :queue AND t.state = 2 AND t.paused = 0 AND t.running < t.room) AS due_ms,
    (SELECT g.until_ms FROM engine_limit g WHERE g.queue = :queue AND g.scope = 'queue' AND g.line = '') AS gate_ms,
    CASE WHEN EXISTS (SELECT 1 FROM engine_limit g WHERE g.queue = :queue AND g.scope = 'queue' AND g.line = '' AND g.room <=
        (SELECT coalesce(sum(h.size), 0) FROM engine_lease h WHERE h.queue = :queue AND h.lined = 1)) THEN 1 ELSE 0 END AS gate_full,
    CASE WHEN EXISTS (SELECT 1 FROM engine_turn o WHERE o.queue = :queue AND o.state = 1 AND o.paused = 0 AND o.running < o.room)
        THEN 1 ELSE 0 END AS open,
    CASE WHEN EXISTS (SELECT 1 FROM engine_news n WHERE n.queue = :queue) THEN 1 ELSE 0 END AS news;

-- name: queue_line
INSERT INTO engine_queue (name, paused, changed_ms, lined) VALUES (:queue, 0, :now_ms, :lined)
ON CONFLICT (name) DO UPDATE SET lined = excluded.lined WHERE engine_queue.lined <> excluded.lined;

-- name: queue_line_new
INSERT INTO engine_queue (name, paused, changed_ms, lined) VALUES (:queue, 0, :now_ms, 1)
ON CONFLICT (name) DO UPDATE SET lined = 1 WHERE engine_queue.lined = 0;

-- name: queue_lined
SELECT lined FROM engine_queue WHERE name = :queue;

-- name: limit_of
SELECT queue, scope, line, room, rate_n, per_us, burst, weight, declared, by_operator FROM engine_limit
WHERE queue = :queue AND scope = :scope AND line = :line;

-- name: limits_of_queue
SELECT queue, scope, line, room, rate_n, per_us, burst, weight, by_operator FROM engine_limit WHERE queue = :queue
ORDER BY CASE scope WHEN 'queue' THEN 0 WHEN 'each' THEN 1 ELSE 2 END, line;

-- name: limit_declare
INSERT INTO engine_limit (queue, scope, line, room, rate_n, per_us, burst, weight, declared, by_operator)
VALUES (:queue, :scope, '', :room, :rate_n, :per_us, :burst, :weight, :declared, 0)
ON CONFLICT (queue, scope, line) DO UPDATE SET declared = excluded.declared,
    room = CASE WHEN engine_limit.by_operator = 1 THEN engine_limit.room ELSE excluded.room END,
    rate_n = CASE WHEN engine_limit.by_operator = 1 THEN engine_limit.rate_n ELSE excluded.rate_n END,
    per_us = CASE WHEN engine_limit.by_operator = 1 THEN engine_limit.per_us ELSE excluded.per_us END,
    burst = CASE WHEN engine_limit.by_operator = 1 THEN engine_limit.burst ELSE excluded.burst END,
    weight = CASE WHEN engine_limit.by_operator = 1 THEN engine_limit.weight ELSE excluded.weight END;

-- name: limit_put
INSERT INTO engine_limit (queue, scope, line, room, rate_n, per_us, burst, weight, declared, by_operator)
VALUES (:queue, :scope, :line, :room, :rate_n, :per_us, :burst, :weight, NULL, 1)
ON CONFLICT (queue, scope, line) DO UPDATE SET room = excluded.room, rate_n = excluded.rate_n, per_us = excluded.per_us,
    burst = excluded.burst, weight = excluded.weight, by_operator = 1, until_ms = 0;

-- name: limit_undo
UPDATE engine_limit SET room = :room, rate_n = :rate_n, per_us = :per_us, burst = :burst, weight = :weight,
    by_operator = 0, until_ms = 0
WHERE queue = :queue AND scope = :scope AND line = :line;

-- name: limit_drop
DELETE FROM engine_limit WHERE queue = :queue AND scope = :scope AND line = :line;

-- name: turns_lock [sqlite]
SELECT 1 AS held;

-- name: turns_lock [postgres]
SELECT 1 AS held FROM engine_turn WHERE queue = :queue ORDER BY line FOR UPDATE;

-- What a rate still holds back is looked at again by the next claim, under the new rate; what a breaker holds stays held.
-- name: turns_relimit
UPDATE engine_turn SET
    room = CASE WHEN broken = 1 THEN 1 ELSE coalesce((SELECT m.room FROM engine_limit m WHERE m.queue = :queue AND m.scope = 'line' AND m.line = engine_turn.line),
        (SELECT e.room FROM engine_limit e WHERE e.queue = :queue AND e.scope = 'each' AND e.line = ''), 2147483647) END,
    interval_us = coalesce(
        (SELECT CASE WHEN m.rate_n = 0 THEN 0 ELSE m.per_us / m.rate_n END FROM engine_limit m
         WHERE m.queue = :queue AND m.scope = 'line' AND m.line = engine_turn.line),
        (SELECT CASE WHEN e.rate_n = 0 THEN 0 ELSE e.per_us / e.rate_n END FROM engine_limit e
         WHERE e.queue = :queue AND e.scope = 'each' AND e.line = ''), 0),
    burst = coalesce((SELECT m.burst FROM engine_limit m WHERE m.queue = :queue AND m.scope = 'line' AND m.line = engine_turn.line),
        (SELECT e.burst FROM engine_limit e WHERE e.queue = :queue AND e.scope = 'each' AND e.line = ''), 1),
    weight = coalesce((SELECT m.weight FROM engine_limit m WHERE m.queue = :queue AND m.scope = 'line' AND m.line = engine_turn.line),
        (SELECT e.weight FROM engine_limit e WHERE e.queue = :queue AND e.scope = 'each' AND e.line = ''), 1),
    until_ms = CASE WHEN interval_us > 0 AND broken = 0 THEN 0 ELSE until_ms END
WHERE queue = :queue;
