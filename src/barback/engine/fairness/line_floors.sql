-- Taking of lines from where their live messages begin (line_floors.py).

-- name: take [sqlite]
DELETE FROM engine_line
WHERE pos IN (
    SELECT l.pos FROM json_each(:lines) s CROSS JOIN engine_line l
    WHERE l.pos IN (SELECT x.pos FROM engine_line x WHERE x.queue = :queue AND x.line = s.value ORDER BY x.priority, x.pos LIMIT :share))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- Its turns are locked, so nobody else takes of these lines.
-- name: take [postgres]
DELETE FROM engine_line
WHERE ctid = ANY (ARRAY(
    SELECT its.ctid FROM unnest(:lines::text[], :shares::int[]) AS share(line, n)
    CROSS JOIN LATERAL (SELECT l.ctid FROM engine_line l WHERE l.queue = :queue AND l.line = share.line
        ORDER BY l.queue, l.line, l.priority, l.pos LIMIT share.n) its))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- Lines in parts: from a place in a priority up to the next priority that has one; of each line no more than its share.
-- name: take_parts [postgres]
DELETE FROM engine_line
WHERE ctid = ANY (ARRAY(
    SELECT its.at FROM (
        SELECT live.at, part.n, row_number() OVER (PARTITION BY part.line ORDER BY live.priority, live.pos) AS place
        FROM unnest(:lines::text[], :shares::int[], :priorities::bigint[], :places::bigint[], :untils::bigint[])
            AS part(line, n, priority, pos, until)
        CROSS JOIN LATERAL (SELECT l.ctid AS at, l.priority, l.pos FROM engine_line l
            WHERE l.queue = :queue AND l.line = part.line AND (l.priority, l.pos) >= (part.priority, part.pos) AND l.priority < part.until
            ORDER BY l.queue, l.line, l.priority, l.pos LIMIT part.n) live) its
    WHERE its.place <= its.n))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about;

-- A plain read: what others are just taking is there until they have committed.
-- name: not_empty [sqlite]
SELECT s.value AS line FROM json_each(:lines) s
WHERE EXISTS (SELECT 1 FROM engine_line l WHERE l.queue = :queue AND l.line = s.value);

-- name: not_empty [postgres]
SELECT DISTINCT part.line AS line
FROM unnest(:lines::text[], :priorities::bigint[], :places::bigint[], :untils::bigint[]) AS part(line, priority, pos, until)
WHERE EXISTS (SELECT 1 FROM engine_line l
    WHERE l.queue = :queue AND l.line = part.line AND (l.priority, l.pos) >= (part.priority, part.pos) AND l.priority < part.until);

-- Who may have a place in the table already that nobody sees yet. One that was prepared has a name that begins with -1.
-- name: writers [postgres]
SELECT DISTINCT virtualtransaction AS who FROM pg_locks
WHERE relation = 'engine_line'::regclass AND mode = 'RowExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- Of each line and priority the first message from a place on, or where to look on when there is none.
-- name: first [postgres]
SELECT part.line AS line, part.priority AS priority, coalesce((SELECT l.pos FROM engine_line l
    WHERE l.queue = :queue AND l.line = part.line AND l.priority = part.priority AND l.pos >= part.pos AND l.pos < part.until
    ORDER BY l.queue, l.line, l.priority, l.pos LIMIT 1), part.until) AS pos
FROM unnest(:lines::text[], :priorities::bigint[], :places::bigint[], :untils::bigint[]) AS part(line, priority, pos, until);
