-- What operators changed, in the order they changed it.

-- name: change_add
INSERT INTO engine_change (id, at_ms, who, action, subject, before, after)
VALUES (:id, :now_ms, :who, :action, :subject, :before, :after);

-- name: changes_newest
SELECT id, at_ms, who, action, subject, before, after FROM engine_change
WHERE at_ms < :before_ms OR (at_ms = :before_ms AND id < :before_id) ORDER BY at_ms DESC, id DESC LIMIT :n;

-- name: changes_newest_of
SELECT id, at_ms, who, action, subject, before, after FROM engine_change
WHERE subject = :subject AND (at_ms < :before_ms OR (at_ms = :before_ms AND id < :before_id))
ORDER BY at_ms DESC, id DESC LIMIT :n;
