-- Tenants as operators see them: so many of each table are looked at, by queue and tenant.

-- name: tenants_waiting
SELECT 'ready' AS state, queue, tenant, count(*) AS n, min(enqueued_ms) AS first_ms
FROM (SELECT queue, tenant, enqueued_ms FROM engine_ready LIMIT :looked) r GROUP BY queue, tenant
UNION ALL SELECT 'line', queue, tenant, count(*), min(enqueued_ms)
FROM (SELECT queue, tenant, enqueued_ms FROM engine_line LIMIT :looked) r GROUP BY queue, tenant
UNION ALL SELECT 'arrival', queue, tenant, count(*), min(enqueued_ms)
FROM (SELECT queue, tenant, enqueued_ms FROM engine_arrival LIMIT :looked) r GROUP BY queue, tenant
UNION ALL SELECT 'parked', queue, tenant, count(*), min(enqueued_ms)
FROM (SELECT queue, tenant, enqueued_ms FROM engine_parked LIMIT :looked) r GROUP BY queue, tenant
UNION ALL SELECT 'later', queue, tenant, count(*), min(enqueued_ms)
FROM (SELECT queue, tenant, enqueued_ms FROM engine_later LIMIT :looked) r GROUP BY queue, tenant
UNION ALL SELECT 'dead', queue, tenant, count(*), min(enqueued_ms)
FROM (SELECT queue, tenant, enqueued_ms FROM engine_dead LIMIT :looked) r GROUP BY queue, tenant;

-- Lines that are tenants and were stopped by an operator.
-- name: tenants_held
SELECT t.queue AS queue, t.line AS line FROM engine_queue q JOIN engine_turn t ON t.queue = q.name
WHERE q.lined = 1 AND t.paused = 1 AND t.line <> '' ORDER BY t.queue, t.line LIMIT :looked;

-- name: tenant_turns
SELECT q.name AS queue, q.lined AS lined, t.paused AS paused FROM engine_queue q
LEFT JOIN engine_turn t ON t.queue = q.name AND t.line = :tenant;
