-- The guests' statements. A tag is changed by whoever holds its row.

-- name: attendee_add
INSERT INTO attendee (id, tenant_id, event_id, name, email, phone, search, created_ms)
VALUES (:id, :tenant_id, :event_id, :name, :email, :phone, :search, :now_ms);

-- name: attendee_by_id
SELECT id, tenant_id, event_id, name, email, phone, created_ms FROM attendee WHERE tenant_id = :tenant_id AND id = :id;

-- name: attendee_lock [sqlite]
SELECT id, tenant_id, event_id, name, email, phone, created_ms FROM attendee WHERE tenant_id = :tenant_id AND id = :id;

-- name: attendee_lock [postgres]
SELECT id, tenant_id, event_id, name, email, phone, created_ms FROM attendee WHERE tenant_id = :tenant_id AND id = :id FOR UPDATE;

-- name: attendees_page
SELECT id, tenant_id, event_id, name, email, phone, created_ms FROM attendee
WHERE event_id = :event_id AND tenant_id = :tenant_id AND id < :before_id
    AND (CAST(:pattern AS TEXT) IS NULL OR search LIKE :pattern ESCAPE '!')
ORDER BY id DESC LIMIT :limit;

-- name: tags_of
SELECT uid, attendee_id FROM tag WHERE attendee_id IN (:attendee_ids*) ORDER BY since_ms, uid;

-- name: tag_bind
INSERT INTO tag (event_id, uid, tenant_id, attendee_id, since_ms) VALUES (:event_id, :uid, :tenant_id, NULL, :now_ms)
ON CONFLICT (event_id, uid) DO UPDATE SET tenant_id = tag.tenant_id
RETURNING attendee_id, since_ms;

-- name: tag_set
UPDATE tag SET attendee_id = :attendee_id, since_ms = :now_ms WHERE event_id = :event_id AND uid = :uid;

-- name: tag_release
UPDATE tag SET attendee_id = NULL, since_ms = :now_ms
WHERE tenant_id = :tenant_id AND event_id = :event_id AND uid = :uid AND attendee_id IS NOT NULL;

-- name: binding_add
INSERT INTO tag_binding (id, tenant_id, event_id, uid, attendee_id, since_ms, until_ms)
VALUES (:id, :tenant_id, :event_id, :uid, :attendee_id, :now_ms, NULL);

-- name: binding_end
UPDATE tag_binding SET until_ms = :now_ms WHERE event_id = :event_id AND uid = :uid AND until_ms IS NULL;

-- name: bindings
SELECT uid, attendee_id, since_ms, until_ms FROM tag_binding
WHERE tenant_id = :tenant_id AND event_id = :event_id AND uid = :uid ORDER BY since_ms, id;

-- name: holders
SELECT tag.tenant_id AS tenant_id, tag.event_id AS event_id, tag.uid AS uid, tag.since_ms AS since_ms,
    attendee.id AS attendee_id, attendee.name AS name
FROM tag JOIN attendee ON attendee.id = tag.attendee_id
WHERE tag.event_id IN (:event_ids*) AND tag.uid IN (:uids*);
