-- Lines that a breaker holds: nothing until a time, then one message at a time.

-- name: turn_break
INSERT INTO engine_turn AS turn (queue, line, turn, state, room, interval_us, burst, weight, until_ms, broken)
SELECT CAST(:queue AS TEXT), CAST(:line AS TEXT), 0, 2, 1,
    CASE WHEN coalesce(m.rate_n, e.rate_n, 0) = 0 THEN 0 ELSE coalesce(m.per_us, e.per_us) / coalesce(m.rate_n, e.rate_n) END,
    coalesce(m.burst, e.burst, 1), coalesce(m.weight, e.weight, 1), CAST(:until_ms AS BIGINT), 1
FROM (SELECT 1 AS one) always
LEFT JOIN engine_limit m ON m.queue = :queue AND m.scope = 'line' AND m.line = :line
LEFT JOIN engine_limit e ON e.queue = :queue AND e.scope = 'each' AND e.line = ''
WHERE true
ON CONFLICT (queue, line) DO UPDATE SET state = 2, until_ms = excluded.until_ms, room = 1, broken = 1;

-- Whatever its rate held back is looked at again by the next claim.
-- name: turn_mend
UPDATE engine_turn SET broken = 0, state = 1, until_ms = 0,
    room = coalesce((SELECT m.room FROM engine_limit m WHERE m.queue = :queue AND m.scope = 'line' AND m.line = :line),
        (SELECT e.room FROM engine_limit e WHERE e.queue = :queue AND e.scope = 'each' AND e.line = ''), 2147483647)
WHERE queue = :queue AND line = :line AND broken = 1;
