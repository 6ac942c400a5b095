"""Tabs at rest: rows in bulk, rules' types out. No decisions."""

from collections.abc import Sequence
from dataclasses import fields

from barback.commerce.tabs.rules import Tab, TabDelta, TabWanted
from barback.foundation.ids import new_id
from barback.storage import Row, Transaction, statements

SQL = statements(__file__)

_COLUMNS = tuple(field.name for field in fields(Tab))
LAST = "z"
"""Sorts after every id: where a list that runs backwards begins."""


def tab_of(row: Row) -> Tab:
    """The tab in a row with all columns."""
    return Tab(*[row[name] for name in _COLUMNS])


async def ids_by_owner(tx: Transaction, wanted: Sequence[TabWanted]) -> dict[tuple[str, str, str], str]:
    """Tab ids of the owners that have one, by `TabWanted.owner`."""
    found: dict[tuple[str, str, str], str] = {}
    for kind, statement in (("attendee", SQL.tabs_by_attendee), ("unassigned", SQL.tabs_by_unassigned)):
        owners = {one.owner for one in wanted if one.owner[1] == kind}
        if owners:
            rows = await tx.all(
                statement,
                event_ids=list({owner[0] for owner in owners}),
                owner_keys=list({owner[2] for owner in owners}),
            )
            found |= {(row["event_id"], kind, row["owner_key"]): row["id"] for row in rows}
    return found


async def add(tx: Transaction, wanted: Sequence[TabWanted]) -> None:
    """Open a tab for each owner that has none; one that somebody else just opened is left as it is."""
    await tx.many(
        SQL.tab_add,
        [
            {
                "id": new_id(), "tenant_id": one.tenant_id, "event_id": one.event_id, "attendee_id": one.attendee_id,
                "unassigned_key": one.unassigned_key, "label": one.label, "search": one.label.casefold(),
                "currency": one.currency, "now_ms": tx.now_ms,
            }
            for one in wanted
        ],
    )  # fmt: skip


async def by_ids(tx: Transaction, ids: Sequence[str], *, lock: bool = False) -> dict[str, Tab]:
    """Tabs by id, whatever their tenant; with `lock` held until the transaction ends."""
    if not ids:
        return {}
    rows = await tx.all(SQL.tabs_lock if lock else SQL.tabs_by_ids, ids=sorted(set(ids)))
    return {row["id"]: tab_of(row) for row in rows}


async def by_id(tx: Transaction, tenant_id: str, tab_id: str, *, lock: bool = False) -> Tab | None:
    """One tab of a tenant; with `lock` held until the transaction ends."""
    row = await tx.one(SQL.tab_lock if lock else SQL.tab_by_id, tenant_id=tenant_id, id=tab_id)
    return tab_of(row) if row else None


async def add_sums(tx: Transaction, deltas: Sequence[TabDelta], now_ms: int) -> dict[str, Tab]:
    """Add deltas (one per tab, by id) to their tabs; the tabs as they are now."""
    if not deltas:
        return {}
    ids = [delta.tab_id for delta in deltas]
    if tx.dialect == "postgres":
        rows = await tx.all(
            SQL.tab_sums_add,
            ids=ids,
            totals=[delta.total_minor for delta in deltas],
            taxes=[delta.tax_minor for delta in deltas],
            orders=[delta.orders for delta in deltas],
            now_ms=now_ms,
        )
        return {row["id"]: tab_of(row) for row in rows}
    await tx.many(
        SQL.tab_sum_add,
        [
            {
                "tab_id": delta.tab_id, "total_minor": delta.total_minor, "tax_minor": delta.tax_minor,
                "orders": delta.orders, "now_ms": now_ms,
            }
            for delta in deltas
        ],
    )  # fmt: skip
    return await by_ids(tx, ids)


async def move(tx: Transaction, tab: Tab, state: str) -> Tab | None:
    """Put the tab into `state` if nobody changed it since; None otherwise."""
    row = await tx.one(
        SQL.tab_move, tenant_id=tab.tenant_id, id=tab.id, state=state, from_state=tab.state, from_version=tab.version,
        now_ms=tx.now_ms,
    )  # fmt: skip
    return tab_of(row) if row else None


async def page(
    tx: Transaction,
    tenant_id: str,
    event_id: str,
    *,
    before_id: str,
    state: str | None,
    contains: str | None,
    limit: int,
) -> list[Tab]:
    """Tabs of an event opened before `before_id`, newest first."""
    pattern = None if contains is None else "%" + _escaped(contains.casefold()) + "%"
    rows = await tx.all(
        SQL.tabs_page,
        tenant_id=tenant_id,
        event_id=event_id,
        before_id=before_id,
        state=state,
        pattern=pattern,
        limit=limit,
    )
    return [tab_of(row) for row in rows]


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
