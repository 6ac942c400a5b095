-- The menu's statements. A snapshot is written once; the head moves from one to the next.

-- name: head [sqlite]
SELECT version, snapshot_id FROM menu WHERE event_id = :event_id;

-- name: head [postgres]
SELECT version, snapshot_id FROM menu WHERE event_id = :event_id FOR UPDATE;

-- The first menu of an event: makes the row that later changes lock.
-- name: head_start
INSERT INTO menu (event_id, tenant_id, version, snapshot_id, changed_ms) VALUES (:event_id, :tenant_id, 0, '', :now_ms)
ON CONFLICT (event_id) DO NOTHING;

-- name: head_move
UPDATE menu SET version = :version, snapshot_id = :snapshot_id, changed_ms = :now_ms WHERE event_id = :event_id;

-- name: heads
SELECT event_id, version, snapshot_id FROM menu WHERE event_id IN (:event_ids*);

-- name: snapshot_add
INSERT INTO menu_snapshot (id, tenant_id, event_id, version, made_ms, made_by, body)
VALUES (:id, :tenant_id, :event_id, :version, :now_ms, :made_by, :body);

-- name: snapshots_by_ids
SELECT id, event_id, version, body FROM menu_snapshot WHERE id IN (:ids*);

-- name: snapshot_at
SELECT id, body FROM menu_snapshot WHERE event_id = :event_id AND version = :version;

-- name: item_add
INSERT INTO menu_item (id, tenant_id, event_id, kind) VALUES (:id, :tenant_id, :event_id, :kind) ON CONFLICT (id) DO NOTHING;

-- name: items_elsewhere
SELECT id FROM menu_item WHERE id IN (:ids*) AND event_id <> :event_id;

-- name: item_event
SELECT event_id FROM menu_item WHERE tenant_id = :tenant_id AND id = :id AND kind = :kind;
