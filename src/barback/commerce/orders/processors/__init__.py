"""Background work on orders, one file each."""

from typing import Any

from barback.commerce.orders.facts import order_priced
from barback.commerce.orders.processors import process_order
from barback.engine import Task, Topic

TASKS: list[Task[Any]] = [process_order.process_order]
TOPICS: list[Topic[Any]] = [order_priced]
