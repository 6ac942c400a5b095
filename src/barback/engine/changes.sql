-- What operators changed, in the order they changed it.

-- name: change_add
INSERT INTO engine_change (id, at_ms, who, action, subject, before, after)
VALUES (:id, :now_ms, :who, :action, :subject, :before, :after);

-- name: changes_newest
SELECT id, at_ms, who, action, subject, before, after FROM engine_change
WHERE at_ms < :before_ms OR (at_ms = :before_ms AND id < :before_id) ORDER BY at_ms DESC, id DESC LIMIT :n;

-- name: changes_found
-- Read from the newest on: what operators change is little beside what workers do.
SELECT id, at_ms, who, action, subject, before, after FROM engine_change
WHERE (at_ms < :before_ms OR (at_ms = :before_ms AND id < :before_id))
  AND (CAST(:subject AS TEXT) IS NULL OR subject = :subject)
  AND (lower(subject) LIKE :contains ESCAPE '!' OR lower(who) LIKE :contains ESCAPE '!'
    OR lower(action) LIKE :contains ESCAPE '!')
ORDER BY at_ms DESC, id DESC LIMIT :n;

-- name: changes_newest_of
SELECT id, at_ms, who, action, subject, before, after FROM engine_change
WHERE subject = :subject AND (at_ms < :before_ms OR (at_ms = :before_ms AND id < :before_id))
ORDER BY at_ms DESC, id DESC LIMIT :n;
