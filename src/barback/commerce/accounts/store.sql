-- Tenants, people, sessions, devices, keys, attempts and the audit log at rest.

-- name: tenant_insert
INSERT INTO tenant (id, name, currency, time_zone, created_ms)
VALUES (:id, :name, :currency, :time_zone, :now_ms);

-- name: tenant_by_id
SELECT id, name, currency, time_zone, created_ms FROM tenant WHERE id = :id;

-- name: tenants_by_ids
SELECT id, name, currency, time_zone, created_ms FROM tenant WHERE id IN (:ids*);

-- name: person_insert
INSERT INTO person (id, tenant_id, email, name, role, state, password_hash, password_temporary, created_ms, updated_ms)
VALUES (:id, :tenant_id, :email, :name, :role, 'active', :password_hash, :password_temporary, :now_ms, :now_ms)
ON CONFLICT (email) DO NOTHING;

-- name: person_by_email
SELECT * FROM person WHERE email = :email;

-- name: person_by_id
SELECT * FROM person WHERE tenant_id = :tenant_id AND id = :id;

-- name: person_lock [sqlite]
SELECT * FROM person WHERE tenant_id = :tenant_id AND id = :id;
-- name: person_lock [postgres]
SELECT * FROM person WHERE tenant_id = :tenant_id AND id = :id FOR UPDATE;

-- name: owners_lock [sqlite]
SELECT id FROM person WHERE tenant_id = :tenant_id AND role = 'owner' AND state = 'active' ORDER BY id;
-- name: owners_lock [postgres]
SELECT id FROM person WHERE tenant_id = :tenant_id AND role = 'owner' AND state = 'active' ORDER BY id FOR UPDATE;

-- name: people_after
SELECT * FROM person WHERE tenant_id = :tenant_id AND id > :after ORDER BY id LIMIT :limit;

-- name: person_update
UPDATE person SET name = :name, role = :role, state = :state, updated_ms = :now_ms WHERE id = :id;

-- name: person_password
UPDATE person SET password_hash = :password_hash, password_temporary = :password_temporary, updated_ms = :now_ms
WHERE id = :id;

-- name: session_insert
INSERT INTO session (id, tenant_id, person_id, created_ms, expires_ms)
VALUES (:id, :tenant_id, :person_id, :now_ms, :expires_ms);

-- name: session_person
SELECT s.revoked_ms, s.expires_ms, p.role, p.state
FROM session s JOIN person p ON p.id = s.person_id
WHERE s.id = :id AND s.tenant_id = :tenant_id;

-- name: session_revoke
UPDATE session SET revoked_ms = :now_ms, revoked_because = :because WHERE id = :id AND revoked_ms IS NULL;

-- name: sessions_revoke
UPDATE session SET revoked_ms = :now_ms, revoked_because = :because
WHERE person_id = :person_id AND revoked_ms IS NULL AND id <> :keep;

-- name: refresh_insert
INSERT INTO refresh_token (token_hash, session_id, created_ms, expires_ms)
VALUES (:token_hash, :session_id, :now_ms, :expires_ms);

-- name: refresh_lock [sqlite]
SELECT r.token_hash, r.expires_ms, r.used_ms, s.id AS session_id, s.tenant_id, s.person_id,
       s.expires_ms AS session_expires_ms, s.revoked_ms
FROM refresh_token r JOIN session s ON s.id = r.session_id WHERE r.token_hash = :token_hash;
-- name: refresh_lock [postgres]
SELECT r.token_hash, r.expires_ms, r.used_ms, s.id AS session_id, s.tenant_id, s.person_id,
       s.expires_ms AS session_expires_ms, s.revoked_ms
FROM refresh_token r JOIN session s ON s.id = r.session_id WHERE r.token_hash = :token_hash FOR UPDATE;

-- name: refresh_used
UPDATE refresh_token SET used_ms = :now_ms WHERE token_hash = :token_hash AND used_ms IS NULL;

-- name: refresh_delete_old
DELETE FROM refresh_token WHERE expires_ms < :before_ms;

-- name: pairing_insert
INSERT INTO pairing_code (code_hash, tenant_id, event_id, station_id, name, created_by, created_ms, expires_ms)
VALUES (:code_hash, :tenant_id, :event_id, :station_id, :name, :created_by, :now_ms, :expires_ms);

-- name: pairing_use
UPDATE pairing_code SET used_ms = :now_ms
WHERE code_hash = :code_hash AND used_ms IS NULL AND expires_ms > :now_ms
RETURNING tenant_id, event_id, station_id, name;

-- name: pairing_delete_old
DELETE FROM pairing_code WHERE expires_ms < :before_ms;

-- name: device_insert
INSERT INTO device (id, tenant_id, event_id, station_id, name, secret_hash, created_ms, seen_ms)
VALUES (:id, :tenant_id, :event_id, :station_id, :name, :secret_hash, :now_ms, :now_ms);

-- name: device_by_id
SELECT * FROM device WHERE id = :id;

-- name: device_seen
UPDATE device SET seen_ms = :now_ms WHERE id = :id;

-- name: device_of
SELECT * FROM device WHERE tenant_id = :tenant_id AND id = :id;

-- name: devices_after
SELECT * FROM device
WHERE tenant_id = :tenant_id AND id > :after AND (CAST(:event_id AS TEXT) IS NULL OR event_id = :event_id)
ORDER BY id LIMIT :limit;

-- name: device_revoke
UPDATE device SET revoked_ms = :now_ms WHERE tenant_id = :tenant_id AND id = :id AND revoked_ms IS NULL;

-- name: devices_state
SELECT id, tenant_id, event_id, station_id, name, revoked_ms FROM device WHERE id IN (:ids*);

-- name: keys_current
SELECT kid, secret, created_ms, expires_ms FROM signing_key
WHERE expires_ms IS NULL OR expires_ms > :now_ms ORDER BY created_ms, kid;

-- name: key_insert
INSERT INTO signing_key (kid, secret, created_ms) VALUES (:kid, :secret, :now_ms);

-- name: keys_retire
UPDATE signing_key SET expires_ms = :expires_ms WHERE expires_ms IS NULL;

-- name: keys_delete_old
DELETE FROM signing_key WHERE expires_ms < :now_ms;

-- name: attempt_add
INSERT INTO attempt (bucket, window_ms, count) VALUES (:bucket, :window_ms, 1)
ON CONFLICT (bucket, window_ms) DO UPDATE SET count = attempt.count + 1
RETURNING count;

-- name: attempt_forgive
UPDATE attempt SET count = count - 1 WHERE bucket = :bucket AND window_ms = :window_ms AND count > 0;

-- name: attempts_delete_old
DELETE FROM attempt WHERE window_ms < :before_ms;

-- name: audit_insert
INSERT INTO audit (id, tenant_id, at_ms, actor_kind, actor_id, action, subject, before, after)
VALUES (:id, :tenant_id, :at_ms, :actor_kind, :actor_id, :action, :subject, :before, :after);

-- name: audit_before
SELECT * FROM audit
WHERE tenant_id = :tenant_id AND (at_ms < :at_ms OR (at_ms = :at_ms AND id < :id))
  AND (CAST(:subject AS TEXT) IS NULL OR subject = :subject)
ORDER BY at_ms DESC, id DESC LIMIT :limit;
