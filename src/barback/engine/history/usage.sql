-- The metering ledger: what attempts used, by hour, task and tenant.

-- name: usage_append [sqlite]
INSERT INTO engine_usage_part (hour_ms, task, tenant, done, failed, dead, cancelled, snoozed, expired, wall_us, cpu_us, memory_kib_s)
VALUES (:hour_ms, :task, :tenant, :done, :failed, :dead, :cancelled, :snoozed, :expired, :wall_us, :cpu_us, :memory_kib_s);

-- name: usage_append [postgres]
INSERT INTO engine_usage_part (hour_ms, task, tenant, done, failed, dead, cancelled, snoozed, expired, wall_us, cpu_us, memory_kib_s)
SELECT * FROM unnest(:hour_ms::bigint[], :task::text[], :tenant::text[], :done::bigint[], :failed::bigint[], :dead::bigint[],
    :cancelled::bigint[], :snoozed::bigint[], :expired::bigint[], :wall_us::bigint[], :cpu_us::bigint[], :memory_kib_s::bigint[]);

-- name: usage_take [sqlite]
DELETE FROM engine_usage_part WHERE rowid IN (SELECT rowid FROM engine_usage_part ORDER BY rowid LIMIT :n)
RETURNING hour_ms, task, tenant, done, failed, dead, cancelled, snoozed, expired, wall_us, cpu_us, memory_kib_s;

-- name: usage_take [postgres]
DELETE FROM engine_usage_part WHERE ctid = ANY (ARRAY(SELECT ctid FROM engine_usage_part LIMIT :n FOR UPDATE SKIP LOCKED))
RETURNING hour_ms, task, tenant, done, failed, dead, cancelled, snoozed, expired, wall_us, cpu_us, memory_kib_s;

-- name: usage_fold
INSERT INTO engine_usage (hour_ms, task, tenant, done, failed, dead, cancelled, snoozed, expired, wall_us, cpu_us, memory_kib_s)
VALUES (:hour_ms, :task, :tenant, :done, :failed, :dead, :cancelled, :snoozed, :expired, :wall_us, :cpu_us, :memory_kib_s)
ON CONFLICT (hour_ms, task, tenant) DO UPDATE SET
    done = engine_usage.done + excluded.done, failed = engine_usage.failed + excluded.failed,
    dead = engine_usage.dead + excluded.dead, cancelled = engine_usage.cancelled + excluded.cancelled,
    snoozed = engine_usage.snoozed + excluded.snoozed, expired = engine_usage.expired + excluded.expired,
    wall_us = engine_usage.wall_us + excluded.wall_us, cpu_us = engine_usage.cpu_us + excluded.cpu_us,
    memory_kib_s = engine_usage.memory_kib_s + excluded.memory_kib_s;

-- What is not folded yet counts as well.
-- name: usage_sum
SELECT CASE WHEN CAST(:by_task AS INTEGER) = 1 THEN task ELSE '' END AS task,
    CASE WHEN CAST(:by_tenant AS INTEGER) = 1 THEN tenant ELSE '' END AS tenant,
    CAST(sum(done) AS BIGINT) AS done, CAST(sum(failed) AS BIGINT) AS failed, CAST(sum(dead) AS BIGINT) AS dead,
    CAST(sum(cancelled) AS BIGINT) AS cancelled, CAST(sum(snoozed) AS BIGINT) AS snoozed,
    CAST(sum(expired) AS BIGINT) AS expired, CAST(sum(wall_us) AS BIGINT) AS wall_us,
    CAST(sum(cpu_us) AS BIGINT) AS cpu_us, CAST(sum(memory_kib_s) AS BIGINT) AS memory_kib_s
FROM (SELECT * FROM engine_usage WHERE hour_ms >= :from_ms AND hour_ms < :until_ms
      UNION ALL SELECT * FROM engine_usage_part WHERE hour_ms >= :from_ms AND hour_ms < :until_ms) used
WHERE CAST(:tenant AS TEXT) IS NULL OR tenant = CAST(:tenant AS TEXT)
GROUP BY 1, 2 ORDER BY 9 DESC, 1, 2 LIMIT :n;

-- What a price list needs: attempts by their mean time in whole milliseconds, rounded up by hour, task and tenant. Some
-- thousand hours of some hundred tasks come down to as many rows as there are different means.
-- name: usage_means
SELECT mean_ms, CAST(sum(attempts) AS BIGINT) AS attempts, CAST(sum(ended) AS BIGINT) AS ended, CAST(sum(cpu_us) AS BIGINT) AS cpu_us
FROM (SELECT (wall_us + 1000 * attempts - 1) / (1000 * attempts) AS mean_ms, attempts, ended, cpu_us
    FROM (SELECT done + failed + dead + cancelled + snoozed + expired AS attempts, done + dead + cancelled + expired AS ended,
            wall_us, cpu_us
        FROM engine_usage
        WHERE hour_ms >= :from_ms AND hour_ms < :until_ms AND (CAST(:tenant AS TEXT) IS NULL OR tenant = CAST(:tenant AS TEXT))
        UNION ALL
        SELECT CAST(sum(done + failed + dead + cancelled + snoozed + expired) AS BIGINT),
            CAST(sum(done + dead + cancelled + expired) AS BIGINT), CAST(sum(wall_us) AS BIGINT), CAST(sum(cpu_us) AS BIGINT)
        FROM engine_usage_part
        WHERE hour_ms >= :from_ms AND hour_ms < :until_ms AND (CAST(:tenant AS TEXT) IS NULL OR tenant = CAST(:tenant AS TEXT))
        GROUP BY hour_ms, task, tenant) hours
    WHERE attempts > 0) means
GROUP BY mean_ms;

-- name: usage_forget [sqlite]
DELETE FROM engine_usage WHERE rowid IN (SELECT rowid FROM engine_usage WHERE hour_ms < :before_ms LIMIT :n);

-- name: usage_forget [postgres]
DELETE FROM engine_usage_rest WHERE ctid = ANY (ARRAY(SELECT ctid FROM engine_usage_rest WHERE hour_ms < :before_ms LIMIT :n));
