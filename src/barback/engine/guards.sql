-- What guards the work: dedupe, breakers, and the ledger of what attempts used.

-- A token whose window is over is entered anew.
-- name: dedupe_enter [sqlite]
INSERT INTO engine_dedupe (task, token, id, until_ms)
SELECT :task, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
FROM json_each(:asked) WHERE true
ON CONFLICT (task, token) DO UPDATE SET id = excluded.id, until_ms = excluded.until_ms
    WHERE engine_dedupe.until_ms <= :now_ms
RETURNING token;

-- name: dedupe_enter [postgres]
INSERT INTO engine_dedupe (task, token, id, until_ms)
SELECT :task, asked.token, asked.id, asked.until_ms
FROM unnest(:tokens::text[], :ids::text[], :until::bigint[]) AS asked(token, id, until_ms) ORDER BY asked.token
ON CONFLICT (task, token) DO UPDATE SET id = excluded.id, until_ms = excluded.until_ms
    WHERE engine_dedupe.until_ms <= :now_ms
RETURNING token;

-- name: dedupe_known
SELECT token, id FROM engine_dedupe WHERE task = :task AND token IN (:tokens*);
