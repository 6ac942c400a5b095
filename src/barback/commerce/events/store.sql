-- Venues, events and stations at rest.

-- name: venue_insert
INSERT INTO venue (id, tenant_id, name, time_zone, address, created_ms)
VALUES (:id, :tenant_id, :name, :time_zone, :address, :now_ms);

-- name: venue_by_id
SELECT * FROM venue WHERE tenant_id = :tenant_id AND id = :id;

-- name: venues_after
SELECT * FROM venue WHERE tenant_id = :tenant_id AND id > :after ORDER BY id LIMIT :limit;

-- name: event_insert
INSERT INTO event (id, tenant_id, venue_id, name, starts_ms, ends_ms, time_zone, currency, prices_include_tax,
                   rounding_scope, state, created_ms, updated_ms)
VALUES (:id, :tenant_id, :venue_id, :name, :starts_ms, :ends_ms, :time_zone, :currency, :prices_include_tax,
        :rounding_scope, 'draft', :now_ms, :now_ms);

-- name: event_by_id
SELECT e.*, v.name AS venue_name FROM event e JOIN venue v ON v.id = e.venue_id
WHERE e.tenant_id = :tenant_id AND e.id = :id;

-- name: event_lock [sqlite]
SELECT e.*, v.name AS venue_name FROM event e JOIN venue v ON v.id = e.venue_id
WHERE e.tenant_id = :tenant_id AND e.id = :id;
-- name: event_lock [postgres]
SELECT e.*, v.name AS venue_name FROM event e JOIN venue v ON v.id = e.venue_id
WHERE e.tenant_id = :tenant_id AND e.id = :id FOR UPDATE OF e;

-- name: events_by_ids
SELECT e.*, v.name AS venue_name FROM event e JOIN venue v ON v.id = e.venue_id WHERE e.id IN (:ids*);

-- name: events_before
SELECT e.*, v.name AS venue_name FROM event e JOIN venue v ON v.id = e.venue_id
WHERE e.tenant_id = :tenant_id AND (e.starts_ms < :starts_ms OR (e.starts_ms = :starts_ms AND e.id < :id))
  AND (CAST(:only AS TEXT) IS NULL OR e.id = :only)
ORDER BY e.starts_ms DESC, e.id DESC LIMIT :limit;

-- name: event_update
UPDATE event SET venue_id = :venue_id, name = :name, starts_ms = :starts_ms, ends_ms = :ends_ms,
  time_zone = :time_zone, currency = :currency, prices_include_tax = :prices_include_tax,
  rounding_scope = :rounding_scope, state = :state, updated_ms = :now_ms,
  opened_ms = CASE WHEN :state = 'open' AND opened_ms IS NULL THEN :now_ms ELSE opened_ms END,
  closed_ms = CASE WHEN :state = 'closed' AND closed_ms IS NULL THEN :now_ms ELSE closed_ms END
WHERE id = :id;

-- name: station_insert
INSERT INTO station (id, tenant_id, event_id, name, name_key, kind, created_ms)
VALUES (:id, :tenant_id, :event_id, :name, :name_key, :kind, :now_ms)
ON CONFLICT (event_id, name_key) DO NOTHING;

-- name: station_by_id
SELECT * FROM station WHERE tenant_id = :tenant_id AND id = :id;

-- name: station_name_holder
SELECT id FROM station WHERE event_id = :event_id AND name_key = :name_key;

-- name: station_update
UPDATE station SET name = :name, name_key = :name_key, kind = :kind WHERE id = :id;

-- name: stations_of
SELECT * FROM station WHERE tenant_id = :tenant_id AND event_id = :event_id ORDER BY id;

-- name: stations_by_ids
SELECT * FROM station WHERE id IN (:ids*);
