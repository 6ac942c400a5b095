-- Payloads in a blob store, while a message needs them.

-- name: blob_add
INSERT INTO engine_blob (name, stored_ms) VALUES (:name, :now_ms);

-- name: blob_remove
DELETE FROM engine_blob WHERE name IN (:names*);

-- name: blobs_needed
SELECT name FROM engine_blob WHERE name IN (:names*);
