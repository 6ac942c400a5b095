-- Orders at rest.

-- name: order_add [sqlite]
INSERT INTO orders (id, tenant_id, event_id, station_id, device_id, device_seq, tab_id, message_id, receipt, currency, state,
                    flags, flag_count, total_minor, tax_minor, device_time_ms, effective_ms, accepted_ms, body)
VALUES (:id, :tenant_id, :event_id, :station_id, :device_id, :device_seq, :tab_id, :message_id, :receipt, :currency, 'accepted',
        :flags, :flag_count, :total_minor, 0, :device_time_ms, :effective_ms, :accepted_ms, :body)
ON CONFLICT DO NOTHING;

-- name: order_add [postgres]
INSERT INTO orders (id, tenant_id, event_id, station_id, device_id, device_seq, tab_id, message_id, receipt, currency, state,
                    flags, flag_count, total_minor, tax_minor, device_time_ms, effective_ms, accepted_ms, body)
SELECT n.id, n.tenant_id, n.event_id, n.station_id, n.device_id, n.device_seq, n.tab_id, n.message_id, n.receipt, n.currency, 'accepted',
       n.flags, n.flag_count, n.total_minor, 0, n.device_time_ms, n.effective_ms, n.accepted_ms, n.body
FROM unnest(:id::text[], :tenant_id::text[], :event_id::text[], :station_id::text[], :device_id::text[], :device_seq::bigint[],
            :tab_id::text[], :message_id::text[], :receipt::text[], :currency::text[], :flags::text[], :flag_count::int[],
            :total_minor::bigint[], :device_time_ms::bigint[], :effective_ms::bigint[], :accepted_ms::bigint[], :body::text[])
     AS n(id, tenant_id, event_id, station_id, device_id, device_seq, tab_id, message_id, receipt, currency, flags, flag_count,
          total_minor, device_time_ms, effective_ms, accepted_ms, body)
ON CONFLICT DO NOTHING;

-- name: orders_made
SELECT id, message_id FROM orders WHERE id IN (:ids*);

-- name: orders_stored
SELECT id, tenant_id, device_id, tab_id, receipt, flags, body FROM orders WHERE id IN (:ids*);

-- name: orders_waiting [sqlite]
SELECT id, tenant_id, event_id, station_id, tab_id, receipt, currency, state, flags, effective_ms, accepted_ms, body
FROM orders WHERE id IN (:ids*) AND state = 'accepted';

-- name: orders_waiting [postgres]
SELECT id, tenant_id, event_id, station_id, tab_id, receipt, currency, state, flags, effective_ms, accepted_ms, body
FROM orders WHERE id IN (:ids*) AND state = 'accepted' ORDER BY id FOR UPDATE;

-- name: order_processed [sqlite]
UPDATE orders SET state = 'processed', total_minor = :total_minor, tax_minor = :tax_minor, flags = :flags, flag_count = :flag_count,
    tab_version = :tab_version, processed_ms = :processed_ms
WHERE id = :id;

-- name: order_processed [postgres]
UPDATE orders o SET state = 'processed', total_minor = n.total_minor, tax_minor = n.tax_minor, flags = n.flags,
    flag_count = n.flag_count, tab_version = n.tab_version, processed_ms = n.processed_ms
FROM unnest(:id::text[], :total_minor::bigint[], :tax_minor::bigint[], :flags::text[], :flag_count::int[], :tab_version::bigint[],
            :processed_ms::bigint[]) AS n(id, total_minor, tax_minor, flags, flag_count, tab_version, processed_ms)
WHERE o.id = n.id;

-- name: line_add [sqlite]
INSERT INTO order_line (order_id, n, event_id, product_id, name, quantity, unit_price_minor, modifiers, gross_minor, net_minor,
                        tax_minor, taxes, note)
VALUES (:order_id, :n, :event_id, :product_id, :name, :quantity, :unit_price_minor, :modifiers, :gross_minor, :net_minor,
        :tax_minor, :taxes, :note);

-- name: line_add [postgres]
INSERT INTO order_line (order_id, n, event_id, product_id, name, quantity, unit_price_minor, modifiers, gross_minor, net_minor,
                        tax_minor, taxes, note)
SELECT * FROM unnest(:order_id::text[], :n::int[], :event_id::text[], :product_id::text[], :name::text[], :quantity::bigint[],
    :unit_price_minor::bigint[], :modifiers::text[], :gross_minor::bigint[], :net_minor::bigint[], :tax_minor::bigint[],
    :taxes::text[], :note::text[]);

-- name: lines_of
SELECT order_id, n, product_id, name, quantity, unit_price_minor, modifiers, gross_minor, net_minor, tax_minor, note
FROM order_line WHERE order_id IN (:ids*) ORDER BY order_id, n;

-- name: order_by_id
SELECT * FROM orders WHERE tenant_id = :tenant_id AND id = :id;

-- name: orders_of_event
SELECT * FROM orders
WHERE tenant_id = :tenant_id AND event_id = :event_id
  AND (accepted_ms < :before_ms OR (accepted_ms = :before_ms AND id < :before_id))
  AND (CAST(:state AS TEXT) IS NULL OR state = :state)
  AND (CAST(:station_id AS TEXT) IS NULL OR station_id = :station_id)
  AND (CAST(:contains AS TEXT) IS NULL OR lower(receipt) LIKE :contains ESCAPE '\' OR id LIKE :contains ESCAPE '\')
  AND (CAST(:flag AS TEXT) IS NULL OR flags LIKE :flag ESCAPE '\')
  AND (:flagged = 0 OR flag_count > 0)
ORDER BY accepted_ms DESC, id DESC LIMIT :limit;

-- Both states an order can have, each by the partial index of its own (see the migration): a third would need a third.
-- name: orders_of_tab [sqlite]
SELECT * FROM (
    SELECT * FROM orders WHERE state = 'processed' AND tenant_id = :tenant_id AND tab_id = :tab_id
        AND (accepted_ms < :before_ms OR (accepted_ms = :before_ms AND id < :before_id))
    UNION ALL
    SELECT * FROM orders WHERE state = 'accepted' AND tenant_id = :tenant_id AND tab_id = :tab_id
        AND (accepted_ms < :before_ms OR (accepted_ms = :before_ms AND id < :before_id)))
ORDER BY accepted_ms DESC, id DESC LIMIT :limit;

-- name: orders_of_tab [postgres]
SELECT * FROM orders
WHERE tenant_id = :tenant_id AND tab_id = :tab_id
  AND (accepted_ms < :before_ms OR (accepted_ms = :before_ms AND id < :before_id))
ORDER BY accepted_ms DESC, id DESC LIMIT :limit;

-- name: quarantine_add
INSERT INTO order_quarantine (id, tenant_id, event_id, device_id, fingerprint, order_id, code, problem, body, received_ms)
VALUES (:id, :tenant_id, :event_id, :device_id, :fingerprint, :order_id, :code, :problem, :body, :received_ms)
ON CONFLICT (device_id, fingerprint) DO NOTHING;

-- name: quarantine_page
SELECT id, order_id, device_id, code, problem, body, received_ms FROM order_quarantine
WHERE tenant_id = :tenant_id AND event_id = :event_id
  AND (received_ms < :before_ms OR (received_ms = :before_ms AND id < :before_id))
ORDER BY received_ms DESC, id DESC LIMIT :limit;
