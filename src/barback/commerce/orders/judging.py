"""Judging an order at the door: what is wrong with it, what it is flagged for, whose tab it goes on.

An order that physically happened is never refused; only what cannot be an order at all has a problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from barback.commerce import accounts, guests, menu, tabs
from barback.commerce.accounts import DeviceState, Principal
from barback.commerce.menu import Catalog
from barback.commerce.orders import rules
from barback.commerce.orders.shapes import FlagShape, OrderAnswer, OrderIn
from barback.commerce.tabs import Tab, TabWanted
from barback.storage import Transaction


@dataclass(frozen=True, slots=True)
class Incoming:
    """One order of a request: decoded, or with the problem that decoding had. `body` is what is kept."""

    order: OrderIn | None
    body: str
    problem: dict[str, Any] | None = None
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One batch from one caller. `skew_ms` is how far the caller's clock is behind ours."""

    principal: Principal
    received_ms: int
    skew_ms: int
    incoming: Sequence[Incoming]


@dataclass(slots=True)
class Case:
    """An order on its way through acceptance."""

    request: Request
    incoming: Incoming
    device_id: str
    catalog: Catalog | None = None
    total_minor: int = 0
    flags: list[FlagShape] = field(default_factory=list[FlagShape])
    problem: dict[str, Any] | None = None
    wanted: TabWanted | None = None
    tab_id: str | None = None
    message_id: str = ""
    answer: OrderAnswer | None = None

    @property
    def order(self) -> OrderIn:
        """The decoded order; only cases without a problem of decoding have one."""
        assert self.incoming.order is not None
        return self.incoming.order


def case_of(request: Request, one: Incoming) -> Case:
    """A fresh case; it begins with the problem that decoding had, if any."""
    device_id = request.principal.subject_id
    return Case(request, one, device_id, problem=one.problem)


@dataclass
class Known:
    """What the database says about everything these cases mention."""

    devices: dict[str, DeviceState]
    catalogs: dict[str, Catalog]
    holders: dict[tuple[str, str, str], guests.Holder]
    tabs: dict[tuple[str, str], Tab]


async def look_up(tx: Transaction, cases: Sequence[Case]) -> Known:
    """A handful of statements, whatever the number of orders."""
    standing = [case for case in cases if case.problem is None]
    device_ids = {case.device_id for case in standing if case.request.principal.kind == "device"}
    event_ids = {event_id for case in standing if (event_id := _event_id(case)) is not None}
    tags: set[tuple[str, str, str]] = set()
    tab_keys: set[tuple[str, str]] = set()
    for case in standing:
        event_id, tenant_id = _event_id(case), case.request.principal.tenant_id
        if case.order.tab_id is not None:
            tab_keys.add((tenant_id, case.order.tab_id))
        elif case.order.tag is not None and event_id is not None:
            tags.add((tenant_id, event_id, case.order.tag.uid))
    return Known(
        await accounts.devices_state(tx, sorted(device_ids)) if device_ids else {},
        await menu.catalogs(tx, sorted(event_ids)) if event_ids else {},
        await guests.holders_of_tags(tx, sorted(tags)) if tags else {},
        await tabs.tabs_by_ids(tx, sorted(tab_keys)) if tab_keys else {},
    )


def _event_id(case: Case) -> str | None:
    """A device sells at its own event, whatever the order says; people name the event."""
    return case.request.principal.event_id or case.order.event_id


def judge(case: Case, known: Known) -> None:
    """Set the problem, or the flags and the tab."""
    order, principal = case.order, case.request.principal
    event_id = _event_id(case)
    catalog = known.catalogs.get(event_id) if event_id else None
    if catalog is None or catalog.tenant_id != principal.tenant_id:
        cure = "name an event of your own in event_id"
        case.problem = rules.problem("event_not_found", "there is no such event", "event_id", order.event_id, cure)
        return
    case.catalog = catalog
    if order.currency != catalog.currency:
        detail = f"this event sells in {catalog.currency}"
        case.problem = rules.problem(
            "currency_mismatch", detail, "currency", order.currency, f"charge in {catalog.currency}"
        )
        return
    effective = rules.effective_ms(order.device_time_ms, case.request.skew_ms, case.request.received_ms)
    if not _judge_device(case, known, effective):
        return
    _find_tab(case, known, catalog)
    case.total_minor = sum(map(rules.charged_minor, order.lines))
    for flag in (rules.flag_clock(case.request.skew_ms), rules.flag_total(order, case.total_minor)):
        if flag is not None:
            case.flags.append(flag)
    for n, line in enumerate(order.lines):
        if line.product_id not in catalog.products:
            case.flags.append(rules.flag_unknown_product(n, line))


def _judge_device(case: Case, known: Known, effective_ms: int) -> bool:
    """False when the order may not count: its device was revoked before the sale."""
    if case.request.principal.kind != "device":
        return True
    state = known.devices.get(case.device_id)
    if state is not None and state.revoked_ms is None:
        return True
    if state is not None and state.revoked_ms is not None and effective_ms < state.revoked_ms:
        case.flags.append(FlagShape("device_revoked", "device_id", "sold before the device was revoked, sent after"))
        return True
    cure = "a manager finds the order under “Needs a person”; pair the device again to go on selling"
    case.problem = rules.problem("device_revoked", "this device was revoked", "device_id", case.device_id, cure)
    return False


def _find_tab(case: Case, known: Known, catalog: Catalog) -> None:
    order, tenant_id = case.order, case.request.principal.tenant_id
    if order.tab_id is not None:
        tab = known.tabs.get((tenant_id, order.tab_id))
        if tab is None or tab.event_id != catalog.event_id:
            cure = "send the tag instead, or a tab of this event"
            case.problem = rules.problem(
                "tab_not_found", "there is no such tab at this event", "tab_id", order.tab_id, cure
            )
            return
        case.tab_id = tab.id
        if not tab.takes_orders:
            case.flags.append(FlagShape("tab_closed", "tab_id", f"the tab was {tab.state} when the order came"))
        return
    if order.tag is None:
        case.problem = rules.problem("no_tab_named", "say whose tab it is", "tag", None, "send tag.uid or tab_id")
        return
    holder = known.holders.get((tenant_id, catalog.event_id, order.tag.uid))
    if holder is not None:
        case.wanted = TabWanted(tenant_id, catalog.event_id, holder.attendee_id, None, holder.name, catalog.currency)
        return
    key, label = f"tag:{order.tag.uid}", f"Tag {order.tag.uid}"
    case.wanted = TabWanted(tenant_id, catalog.event_id, None, key, label, catalog.currency)
    case.flags.append(FlagShape("unknown_tag", "tag.uid", f"nobody holds the tag {order.tag.uid} yet"))
