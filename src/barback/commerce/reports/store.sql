-- The reports' statements. They only read, and they alone may read across rooms.

-- name: station_sums
SELECT station_id, accepted_ms - accepted_ms % 60000 AS minute_ms, COUNT(*) AS orders,
    CAST(SUM(total_minor) AS BIGINT) AS sales_minor,
    CAST(SUM(CASE WHEN flag_count > 0 THEN 1 ELSE 0 END) AS BIGINT) AS flagged,
    MIN(CASE WHEN processed_ms IS NULL THEN accepted_ms END) AS waiting_ms
FROM orders WHERE event_id = :event_id AND tenant_id = :tenant_id AND accepted_ms >= :from_ms AND accepted_ms < :to_ms
GROUP BY station_id, accepted_ms - accepted_ms % 60000;

-- name: product_sums
SELECT order_line.product_id AS product_id, order_line.name AS name,
    CAST(SUM(order_line.quantity) AS BIGINT) AS quantity, CAST(SUM(order_line.gross_minor) AS BIGINT) AS sales_minor
FROM orders JOIN order_line ON order_line.order_id = orders.id
WHERE orders.event_id = :event_id AND orders.tenant_id = :tenant_id
    AND orders.accepted_ms >= :from_ms AND orders.accepted_ms < :to_ms
GROUP BY order_line.product_id, order_line.name;

-- name: orders_since
SELECT COUNT(*) AS orders FROM orders WHERE event_id = :event_id AND tenant_id = :tenant_id AND accepted_ms > :from_ms;

-- name: tabs_open
SELECT COUNT(*) AS tabs FROM tab WHERE event_id = :event_id AND tenant_id = :tenant_id AND state = 'open';

-- name: tab_rows
SELECT id, label, attendee_id, state, order_count, total_minor, tax_minor, currency, opened_ms, updated_ms
FROM tab WHERE event_id = :event_id AND tenant_id = :tenant_id AND id > :after_id ORDER BY id LIMIT :limit;

-- name: order_rows
SELECT id, receipt, state, station_id, device_id, tab_id, total_minor, tax_minor, currency, flag_count, effective_ms,
    accepted_ms, processed_ms
FROM orders WHERE event_id = :event_id AND tenant_id = :tenant_id
    AND (accepted_ms > :after_ms OR (accepted_ms = :after_ms AND id > :after_id))
ORDER BY accepted_ms, id LIMIT :limit;
