"""Orders: what devices sold, accepted durably at once, put on tabs behind a queue.

States: accepted → processed. Flags are beside the state: an order that happened is never refused,
it is flagged for a person. What cannot be an order at all is kept whole in quarantine.

    accept      many requests in one commit (see `hot.py` for the HTTP side)
    process     `orders.process_order`, in batches, one at a time per tab
    topic       `order.priced`: an order is on its tab
"""

from barback.commerce.orders.facts import OrderPriced, order_priced
from barback.commerce.orders.processors.process_order import process_order
from barback.commerce.orders.rules import FLAG_CODES, INVALID_CODES, OrderNotFound

__all__ = ["FLAG_CODES", "INVALID_CODES", "OrderNotFound", "OrderPriced", "order_priced", "process_order"]
