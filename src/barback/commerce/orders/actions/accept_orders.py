"""Accept orders: validate, find the tab, store, enqueue the processing. One durable commit for many requests.

Relies on E1 (the order and the message that will process it commit together) and on the primary key
of `orders`: the same order sent again finds the stored one and gets its answer. An order that
physically happened is never refused; what cannot be an order at all is kept whole in quarantine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from barback.commerce import tabs
from barback.commerce.orders import rules, store
from barback.commerce.orders.judging import Case, Request, case_of, judge, look_up
from barback.commerce.orders.processors.process_order import OrderRef, process_order
from barback.commerce.orders.shapes import OrderAnswer
from barback.commerce.orders.store import SQL
from barback.engine import Work
from barback.foundation.ids import new_id
from barback.storage import Transaction


async def accept_orders(tx: Transaction, requests: Sequence[Request]) -> list[list[OrderAnswer]]:
    """Accept the orders of many requests in `tx`; the answers become true when it commits."""
    cases = [case_of(request, one) for request in requests for one in request.incoming]
    known = await look_up(tx, cases)
    for case in cases:
        if case.problem is None:
            judge(case, known)
    standing = [case for case in cases if case.problem is None]
    await _open_tabs(tx, standing)
    await _store(tx, standing)  # may find conflicts, which are problems too
    await _quarantine(tx, [case for case in cases if case.problem is not None])
    answers = iter([_answer(case) for case in cases])
    return [[next(answers) for _ in request.incoming] for request in requests]


async def _open_tabs(tx: Transaction, cases: Sequence[Case]) -> None:
    wanting = [case for case in cases if case.wanted is not None]
    if wanting:
        found = await tabs.ensure_tabs(tx, [case.wanted for case in wanting if case.wanted is not None])
        for case, tab_id in zip(wanting, found, strict=True):
            case.tab_id = tab_id


async def _store(tx: Transaction, cases: Sequence[Case]) -> None:
    """Insert what is new and enqueue its processing; tell repeats from conflicts."""
    if not cases:
        return
    for case in cases:
        case.message_id = new_id()
    fresh = await _insert(tx, cases)
    works = [
        Work(
            OrderRef(case.order.id),
            key=f"tab:{case.tab_id}",
            tenant=case.request.principal.tenant_id,
            id=case.message_id,
        )
        for case in fresh
    ]
    await process_order.enqueue_many(tx, works)
    for case in fresh:
        result = "flagged" if case.flags else "accepted"
        receipt = rules.receipt_of(case.device_id, case.order.device_seq)
        case.answer = OrderAnswer(case.order.id, result, receipt, case.tab_id, case.flags)
    others = [case for case in cases if case.answer is None]
    if others:
        stored = {row["id"]: row for row in await tx.all(SQL.orders_stored, ids=[case.order.id for case in others])}
        for case in others:
            _tell_repeat_from_conflict(case, stored.get(case.order.id))


async def _insert(tx: Transaction, cases: Sequence[Case]) -> Sequence[Case]:
    """Insert orders; returns those that were not there before."""
    if await tx.bulk_values(SQL.order_add, [_row(case) for case in cases]) == len(cases):
        return cases
    made = {
        row["id"]: row["message_id"] for row in await tx.all(SQL.orders_made, ids=[case.order.id for case in cases])
    }
    return [case for case in cases if made.get(case.order.id) == case.message_id]


def _row(case: Case) -> tuple[Any, ...]:
    """The values of `order_add`, in its order: the busiest insert there is."""
    assert case.catalog is not None
    order, request = case.order, case.request
    return (
        order.id,
        request.principal.tenant_id,
        case.catalog.event_id,
        request.principal.station_id or order.station_id,
        case.device_id,
        order.device_seq,
        case.tab_id,
        case.message_id,
        rules.receipt_of(case.device_id, order.device_seq),
        order.currency,
        store.text(case.flags) if case.flags else "[]",
        len(case.flags),
        case.total_minor,
        order.device_time_ms,
        rules.effective_ms(order.device_time_ms, request.skew_ms, request.received_ms),
        request.received_ms,
        case.incoming.body,
    )


def _tell_repeat_from_conflict(case: Case, stored: Any) -> None:
    if stored is None:
        detail = f"the device has sent another order with sequence number {case.order.device_seq}"
        cure = "count on from the highest number that was accepted"
        case.problem = rules.problem("device_seq_conflict", detail, "device_seq", case.order.device_seq, cure)
        return
    ours = stored["tenant_id"] == case.request.principal.tenant_id and stored["device_id"] == case.device_id
    if ours and stored["body"] == case.incoming.body:
        case.answer = OrderAnswer(
            case.order.id, "duplicate", stored["receipt"], stored["tab_id"], store.flags_of(stored)
        )
        return
    cure = "make a new id for every order, and send a stored order again just as it was"
    case.problem = rules.problem("order_conflict", "another order with this id is stored", "id", case.order.id, cure)


async def _quarantine(tx: Transaction, refused: Sequence[Case]) -> None:
    await tx.many(SQL.quarantine_add, [_quarantined(case) for case in refused])


def _quarantined(case: Case) -> dict[str, Any]:
    assert case.problem is not None
    principal = case.request.principal
    return {
        "id": new_id(),
        "tenant_id": principal.tenant_id,
        "event_id": principal.event_id or (case.catalog.event_id if case.catalog else None),
        "device_id": case.device_id,
        "fingerprint": store.fingerprint(case.incoming.body),
        "order_id": case.incoming.order_id,
        "code": case.problem["code"],
        "problem": store.text(case.problem),
        "body": case.incoming.body,
        "received_ms": case.request.received_ms,
    }


def _answer(case: Case) -> OrderAnswer:
    if case.problem is not None:
        return OrderAnswer(case.incoming.order_id, "invalid", problem=case.problem)
    assert case.answer is not None
    return case.answer
