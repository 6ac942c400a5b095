-- What `barback doctor` looks at, besides the figures.

-- name: snapshots_held [postgres]
SELECT CAST(pid AS BIGINT) AS pid, coalesce(application_name, '') AS program, coalesce(state, '') AS state,
    CAST(extract(epoch FROM clock_timestamp() - xact_start) AS BIGINT) AS age_s, left(query, 100) AS query
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()
    AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
    AND xact_start < clock_timestamp() - make_interval(secs => CAST(:age_s AS BIGINT))
ORDER BY xact_start LIMIT 10;

-- name: prepared_held [postgres]
SELECT gid, CAST(extract(epoch FROM clock_timestamp() - prepared) AS BIGINT) AS age_s FROM pg_prepared_xacts
WHERE database = current_database() ORDER BY prepared LIMIT 10;

-- name: slots_left [postgres]
SELECT slot_name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS bytes FROM pg_replication_slots
WHERE NOT active AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > CAST(:bytes AS BIGINT);

-- name: dead_rows [postgres]
SELECT relname AS name, n_live_tup AS alive, n_dead_tup AS dead, pg_table_size(relid) AS bytes FROM pg_stat_user_tables
WHERE relname LIKE 'engine!_%' ESCAPE '!' AND n_dead_tup > CAST(:least AS BIGINT) AND n_dead_tup > 5 * n_live_tup
ORDER BY n_dead_tup DESC;

-- name: indexes [sqlite]
SELECT name, 1 AS valid FROM sqlite_master WHERE type = 'index';

-- name: indexes [postgres]
SELECT c.relname AS name, CAST(i.indisvalid AND i.indisready AS INTEGER) AS valid
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = current_schema()::regnamespace;

-- name: server_facts [postgres]
SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now_ms,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
    CAST(current_setting('max_connections') AS BIGINT) AS connections_max,
    current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
    current_setting('synchronous_commit') AS synchronous_commit, current_setting('autovacuum') AS autovacuum;

-- name: journal [sqlite]
SELECT journal_mode AS mode FROM pragma_journal_mode;

-- name: leases_old
SELECT l.token AS token, l.queue AS queue, l.worker AS worker, l.claimed_ms AS claimed_ms, l.size AS size, w.seen_ms AS seen_ms
FROM engine_lease l LEFT JOIN engine_worker w ON w.id = l.worker
WHERE l.worker <> 'nobody' AND l.claimed_ms < :before_ms ORDER BY l.claimed_ms LIMIT 10;

-- name: paused_long
SELECT name, changed_ms FROM engine_queue WHERE paused = 1 AND changed_ms < :before_ms ORDER BY name;

-- name: blobs_needed_now
SELECT count(*) AS n FROM (SELECT name FROM engine_blob LIMIT :n) found;

-- name: keys_closed
SELECT queue, count(*) AS n, min(since_ms) AS since_ms FROM engine_lane WHERE state = 'parked' GROUP BY queue ORDER BY queue;
