"""Reading a batch of orders: each alone, so that one that is not well formed stops no other."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from barback.commerce.accounts import Principal, may
from barback.commerce.orders import rules
from barback.commerce.orders.judging import Incoming, Request
from barback.commerce.orders.shapes import ORDERS_MAX, OrderIn, RawBatch
from barback.foundation.bodies import invalid, read_json
from barback.foundation.errors import FieldProblem

BODY_BYTES_MAX = 1_048_576

_order_decoder = msgspec.json.Decoder(OrderIn)
_encode = msgspec.json.Encoder().encode
_batch_decoder = msgspec.json.Decoder(RawBatch)


def read_request(body: bytes, principal: Principal, received_ms: int) -> Request:
    """The batch in `body`. Raises MalformedJson, InvalidRequest, BatchTooLarge or OrdersNotAllowed."""
    if not may(principal, "orders:write", event_id=principal.event_id):
        raise rules.OrdersNotAllowed(f"The role {principal.role} does not have the permission orders:write.")
    try:
        batch = _batch_decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        batch = read_json(body, RawBatch)  # raises with the field, the value and the cure
    if len(batch.orders) > ORDERS_MAX:
        problem = FieldProblem(
            "orders", len(batch.orders), f"more than {ORDERS_MAX}", f"send at most {ORDERS_MAX} in a request"
        )
        raise rules.BatchTooLarge(
            f"A request takes at most {ORDERS_MAX} orders, got {len(batch.orders)}.", fields=[problem]
        )
    skew_ms = received_ms - batch.sent_ms if batch.sent_ms is not None else 0
    return Request(principal, received_ms, skew_ms, [_incoming(raw) for raw in batch.orders])


def _incoming(raw: msgspec.Raw) -> Incoming:
    try:
        order = _order_decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return _malformed(raw, str(error))
    # Our own spelling of it: the same order sent with other white space is still the same order.
    body = _encode(order).decode()
    if "\\u0000" in body:
        return _malformed(raw, "a NUL character cannot be stored")
    return Incoming(order, body, order_id=order.id)


def _malformed(raw: msgspec.Raw, message: str) -> Incoming:
    text = bytes(raw).decode("utf-8", errors="replace")
    try:
        value: Any = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        value = None
    found = invalid(message, value, OrderIn).fields
    first = found[0] if found else FieldProblem("", None, message, "send the documented shape")
    problem = rules.problem("order_invalid", first.reason, first.field, first.value, first.cure)
    order_id: Any = cast("dict[str, Any]", value).get("id") if isinstance(value, dict) else None
    return Incoming(None, text, problem, order_id[:64] if isinstance(order_id, str) else None)
