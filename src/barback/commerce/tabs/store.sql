-- The tabs' statements. Rows are locked by id in ascending order everywhere, so that nobody waits in a circle.

-- name: tabs_by_attendee
SELECT id, event_id, attendee_id AS owner_key FROM tab WHERE event_id IN (:event_ids*) AND attendee_id IN (:owner_keys*);

-- name: tabs_by_unassigned
SELECT id, event_id, unassigned_key AS owner_key FROM tab WHERE event_id IN (:event_ids*) AND unassigned_key IN (:owner_keys*);

-- name: tab_add
INSERT INTO tab
    (id, tenant_id, event_id, attendee_id, unassigned_key, label, search, state, total_minor, tax_minor, order_count, version,
    currency, opened_ms, updated_ms)
VALUES (:id, :tenant_id, :event_id, :attendee_id, :unassigned_key, :label, :search, 'open', 0, 0, 0, 1, :currency, :now_ms, :now_ms)
ON CONFLICT DO NOTHING;

-- name: tab_by_id
SELECT * FROM tab WHERE tenant_id = :tenant_id AND id = :id;

-- name: tab_lock [sqlite]
SELECT * FROM tab WHERE tenant_id = :tenant_id AND id = :id;

-- name: tab_lock [postgres]
SELECT * FROM tab WHERE tenant_id = :tenant_id AND id = :id FOR UPDATE;

-- name: tabs_by_ids
SELECT * FROM tab WHERE id IN (:ids*);

-- name: tabs_lock [sqlite]
SELECT * FROM tab WHERE id IN (:ids*) ORDER BY id;

-- name: tabs_lock [postgres]
SELECT * FROM tab WHERE id IN (:ids*) ORDER BY id FOR UPDATE;

-- name: tab_sum_add [sqlite]
UPDATE tab SET total_minor = total_minor + :total_minor, tax_minor = tax_minor + :tax_minor,
    order_count = order_count + :orders, version = version + 1, updated_ms = max(updated_ms, :now_ms)
WHERE id = :tab_id;

-- name: tab_sums_add [postgres]
WITH held AS (SELECT id FROM tab WHERE id IN (:ids*) ORDER BY id FOR UPDATE)
UPDATE tab SET total_minor = tab.total_minor + delta.total_minor, tax_minor = tab.tax_minor + delta.tax_minor,
    order_count = tab.order_count + delta.orders, version = tab.version + 1, updated_ms = GREATEST(tab.updated_ms, :now_ms)
FROM unnest(CAST(:ids AS TEXT[]), CAST(:totals AS BIGINT[]), CAST(:taxes AS BIGINT[]), CAST(:orders AS BIGINT[]))
    AS delta (id, total_minor, tax_minor, orders)
JOIN held ON held.id = delta.id
WHERE tab.id = delta.id
RETURNING tab.*;

-- name: tab_move
UPDATE tab SET state = :state, version = version + 1, updated_ms = :now_ms
WHERE tenant_id = :tenant_id AND id = :id AND state = :from_state AND version = :from_version
RETURNING *;

-- name: tabs_page
SELECT * FROM tab
WHERE event_id = :event_id AND tenant_id = :tenant_id AND id < :before_id
    AND (CAST(:state AS TEXT) IS NULL OR state = :state)
    AND (CAST(:pattern AS TEXT) IS NULL OR search LIKE :pattern ESCAPE '!')
ORDER BY id DESC LIMIT :limit;

-- name: link_add
INSERT INTO tab_link (hash, tenant_id, event_id, tab_id, made_by, made_ms, expires_ms)
VALUES (:hash, :tenant_id, :event_id, :tab_id, :made_by, :made_ms, :expires_ms);

-- name: link_find
SELECT tenant_id, event_id, tab_id, expires_ms FROM tab_link WHERE hash = :hash AND expires_ms > :now_ms;

-- name: links_forget
DELETE FROM tab_link WHERE expires_ms <= :now_ms;
