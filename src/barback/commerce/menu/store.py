"""Menus at rest: the head and the snapshots, and catalogs kept in memory by snapshot."""

from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from barback.commerce.events import Event
from barback.commerce.menu.rules.body import MenuBody
from barback.commerce.menu.rules.catalog import Catalog
from barback.foundation.ids import new_id
from barback.storage import Transaction, statements

SQL = statements(__file__)

CATALOGS_KEPT = 512
"""Catalogs in memory in one process; the least recently used goes first."""

_decoder = msgspec.json.Decoder(MenuBody)
_Key = tuple[str, str, bool, str]
# A snapshot never changes and its id is never used again, not even after a rollback: nothing here goes stale.
_catalogs: OrderedDict[_Key, Catalog] = OrderedDict()


async def lock_head(tx: Transaction, tenant_id: str, event_id: str) -> tuple[int, MenuBody]:
    """The current version (0 before the first) and menu of an event, held until the transaction ends."""
    await tx.run(SQL.head_start, event_id=event_id, tenant_id=tenant_id, now_ms=tx.now_ms)
    head = await tx.one(SQL.head, event_id=event_id)
    if head is None or head["version"] == 0:
        return 0, MenuBody()
    rows = await tx.all(SQL.snapshots_by_ids, ids=[head["snapshot_id"]])
    return head["version"], _decoder.decode(rows[0]["body"])


async def write(tx: Transaction, tenant_id: str, event_id: str, version: int, body: MenuBody, *, made_by: str) -> None:
    """Make `body` the menu from `version` on."""
    snapshot_id = new_id()
    text = msgspec.json.encode(body).decode()
    await tx.run(
        SQL.snapshot_add, id=snapshot_id, tenant_id=tenant_id, event_id=event_id, version=version, now_ms=tx.now_ms,
        made_by=made_by, body=text,
    )  # fmt: skip
    await tx.run(SQL.head_move, event_id=event_id, version=version, snapshot_id=snapshot_id, now_ms=tx.now_ms)


async def claim_ids(tx: Transaction, tenant_id: str, event_id: str, body: MenuBody, before: MenuBody) -> list[str]:
    """Note where the new ids of `body` live; answers those that live elsewhere already."""
    known = before.ids()
    fresh = {id_: kind for id_, kind in body.ids().items() if id_ not in known}
    if not fresh:
        return []
    rows = [{"id": id_, "tenant_id": tenant_id, "event_id": event_id, "kind": fresh[id_]} for id_ in sorted(fresh)]
    await tx.many(SQL.item_add, rows)
    return [row["id"] for row in await tx.all(SQL.items_elsewhere, ids=list(fresh), event_id=event_id)]


async def event_of_item(tx: Transaction, tenant_id: str, kind: str, item_id: str) -> str | None:
    """The event on whose menu a thing is; None when this tenant has no such thing."""
    row = await tx.one(SQL.item_event, tenant_id=tenant_id, kind=kind, id=item_id)
    return row["event_id"] if row else None


async def catalogs(tx: Transaction, events: Sequence[Event]) -> dict[str, Catalog]:
    """The current catalog of each event, by event id; one statement when all are in memory."""
    heads = {row["event_id"]: row for row in await tx.all(SQL.heads, event_ids=[event.id for event in events])}
    found: dict[str, Catalog] = {}
    missing: dict[str, Event] = {}
    for event in events:
        head = heads.get(event.id)
        if head is None or head["version"] == 0:
            found[event.id] = _catalog(event, 0, MenuBody())
            continue
        kept = _catalogs.get(_key(event, head["snapshot_id"]))
        if kept is None:
            missing[head["snapshot_id"]] = event
        else:
            _catalogs.move_to_end(_key(event, head["snapshot_id"]))
            found[event.id] = kept
    if missing:
        for row in await tx.all(SQL.snapshots_by_ids, ids=list(missing)):
            event = missing[row["id"]]
            found[event.id] = _keep(event, row["id"], _catalog(event, row["version"], _decoder.decode(row["body"])))
    return found


async def catalog_at(tx: Transaction, event: Event, version: int) -> Catalog | None:
    """The catalog an event had at `version`; None if there was no such version."""
    row = await tx.one(SQL.snapshot_at, event_id=event.id, version=version)
    if row is None:
        return None
    kept = _catalogs.get(_key(event, row["id"]))
    return kept or _keep(event, row["id"], _catalog(event, version, _decoder.decode(row["body"])))


def catalogs_kept() -> int:
    """How many catalogs this process holds in memory."""
    return len(_catalogs)


def _key(event: Event, snapshot_id: str) -> _Key:
    return snapshot_id, event.currency, event.prices_include_tax, event.rounding_scope


def _keep(event: Event, snapshot_id: str, catalog: Catalog) -> Catalog:
    _catalogs[_key(event, snapshot_id)] = catalog
    while len(_catalogs) > CATALOGS_KEPT:
        _catalogs.popitem(last=False)
    return catalog


def _catalog(event: Event, version: int, body: MenuBody) -> Catalog:
    return Catalog(
        tenant_id=event.tenant_id, event_id=event.id, currency=event.currency,
        prices_include_tax=event.prices_include_tax, rounding_scope=event.rounding_scope, version=version, body=body,
    )  # fmt: skip
