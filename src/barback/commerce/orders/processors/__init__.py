"""Background work on orders, one file each."""

from typing import Any

from barback.commerce.orders.processors import process_order
from barback.engine import Task

TASKS: list[Task[Any]] = [process_order.process_order]
