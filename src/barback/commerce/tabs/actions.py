"""What can be done with tabs: open them in bulk, add sales to them, move them, hand out links."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from barback.commerce import accounts
from barback.commerce.accounts import Principal
from barback.commerce.tabs import store
from barback.commerce.tabs.rules import (
    LABEL_MAX,
    LINK_LIFE_MS,
    Tab,
    TabChanged,
    TabDelta,
    TabLinkInvalid,
    TabNotFound,
    TabState,
    TabWanted,
    check_move,
    summed,
)
from barback.commerce.tabs.store import SQL
from barback.storage import Transaction


async def ensure_tabs(tx: Transaction, wanted: Sequence[TabWanted]) -> list[str]:
    """The id of each owner's tab, in the order asked, opened where there was none.

    Two transactions may want the same tab at once: both get the same id. One or two statements
    when all tabs exist, whatever the number.
    """
    found = await store.ids_by_owner(tx, wanted)
    missing = {one.owner: one for one in wanted if one.owner not in found}
    if missing:
        # In one order everywhere: two batches that open the same tabs must not wait for each other in a circle.
        await store.add(tx, [_trimmed(missing[owner]) for owner in sorted(missing)])
        found |= await store.ids_by_owner(tx, list(missing.values()))
    return [found[one.owner] for one in wanted]


def _trimmed(one: TabWanted) -> TabWanted:
    return TabWanted(
        one.tenant_id, one.event_id, one.attendee_id, one.unassigned_key, one.label[:LABEL_MAX], one.currency
    )


async def tabs_by_ids(tx: Transaction, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Tab]:
    """Tabs by (tenant_id, id). A tab of another tenant is absent, like one that does not exist."""
    tabs = await store.by_ids(tx, [tab_id for _, tab_id in keys])
    asked = set(keys)
    return {(tab.tenant_id, tab.id): tab for tab in tabs.values() if (tab.tenant_id, tab.id) in asked}


async def lock(tx: Transaction, ids: Sequence[str]) -> dict[str, Tab]:
    """Tabs by id, held until the transaction ends; taken in the order of their ids."""
    return await store.by_ids(tx, ids, lock=True)


async def add_to_tabs(tx: Transaction, deltas: Sequence[TabDelta], now_ms: int) -> dict[str, Tab]:
    """Add what orders cost to their tabs, in bulk; the tabs as they are afterwards, by id.

    Several deltas of one tab count together and raise its version once. A sale that happened goes
    on its tab in any state. Raises TabNotFound (nothing is kept: the transaction must fail) when a
    tab does not exist.
    """
    sums = summed(list(deltas))
    tabs = await store.add_sums(tx, sums, now_ms)
    if len(tabs) != len(sums):
        missing = [delta.tab_id for delta in sums if delta.tab_id not in tabs]
        raise TabNotFound(f"There is no tab {missing[0]} (and {len(missing) - 1} more).")
    return tabs


async def get(tx: Transaction, tenant_id: str, tab_id: str) -> Tab:
    """A tab of a tenant; raises TabNotFound."""
    tab = await store.by_id(tx, tenant_id, tab_id)
    if tab is None:
        raise TabNotFound
    return tab


async def readable(tx: Transaction, principal: Principal, tab_id: str) -> Tab:
    """The tab, if this principal may read it. Raises NotPermitted, TabNotFound.

    To a guest, another guest's tab is not found, like one that does not exist.
    """
    if principal.kind == "guest" and principal.tab_id != tab_id:
        raise TabNotFound
    tab = await get(tx, principal.tenant_id, tab_id)
    accounts.require(principal, "tabs:read", event_id=tab.event_id, tab_id=tab.id)
    return tab


async def page(
    tx: Transaction,
    tenant_id: str,
    event_id: str,
    *,
    before_id: str | None,
    state: TabState | None,
    contains: str | None,
    limit: int,
) -> list[Tab]:
    """Tabs of an event, newest first; `before_id` continues a list, `contains` looks in the label."""
    before_id = before_id or store.LAST
    return await store.page(tx, tenant_id, event_id, before_id=before_id, state=state, contains=contains, limit=limit)


async def move(tx: Transaction, tenant_id: str, tab_id: str, to: TabState, *, version: int | None = None) -> Tab:
    """Put a tab into another state; asking for the state it is in changes nothing.

    Raises TabNotFound, TabMoveImpossible, or TabChanged when `version` is given and not the current one.
    """
    tab = await store.by_id(tx, tenant_id, tab_id, lock=True)
    if tab is None:
        raise TabNotFound
    if version is not None and version != tab.version:
        raise TabChanged(f"The tab is at version {tab.version}, not {version}. Read it again.")
    if tab.state == to:
        return tab
    check_move(tab, to)
    moved = await store.move(tx, tab, to)
    if moved is None:
        raise TabChanged("The tab changed while you did. Read it again.")
    return moved


async def change(
    tx: Transaction, principal: Principal, tab_id: str, to: TabState, *, version: int | None = None
) -> Tab:
    """Somebody puts a tab into another state; see `move`. Raises NotPermitted too."""
    before = await get(tx, principal.tenant_id, tab_id)
    accounts.require(principal, "tabs:write", event_id=before.event_id)
    after = await move(tx, principal.tenant_id, tab_id, to, version=version)
    if after.version != before.version:
        was, now = {"state": before.state}, {"state": after.state}
        await accounts.audit(tx, principal, "tab.moved", f"tab:{tab_id}", before=was, after=now)
    return after


@dataclass(frozen=True, slots=True)
class TabLink:
    """A link as it is handed out, once: only its hash is kept."""

    link: str
    expires_ms: int


@dataclass(frozen=True, slots=True)
class LinkedTab:
    """The tab that a link opens."""

    tenant_id: str
    event_id: str
    tab_id: str


async def hand_out_link(tx: Transaction, principal: Principal, tab_id: str) -> TabLink:
    """Somebody makes a link to a tab for its guest. Raises NotPermitted, TabNotFound."""
    tab = await get(tx, principal.tenant_id, tab_id)
    accounts.require(principal, "tabs:write", event_id=tab.event_id)
    made = await make_link(tx, tab, made_by=f"{principal.kind}:{principal.subject_id}")
    await accounts.audit(tx, principal, "tab_link.created", f"tab:{tab_id}", after={"expires_ms": made.expires_ms})
    return made


async def make_link(tx: Transaction, tab: Tab, *, made_by: str) -> TabLink:
    """A new link to `tab`: 128 random bits, good for LINK_LIFE_MS. Links made before keep working."""
    link = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    expires_ms = tx.now_ms + LINK_LIFE_MS
    await tx.run(SQL.links_forget, now_ms=tx.now_ms)
    await tx.run(
        SQL.link_add, hash=_hash(link), tenant_id=tab.tenant_id, event_id=tab.event_id, tab_id=tab.id,
        made_by=made_by, made_ms=tx.now_ms, expires_ms=expires_ms,
    )  # fmt: skip
    return TabLink(link, expires_ms)


async def tab_of_link(tx: Transaction, link: str) -> LinkedTab:
    """The tab a link opens; raises TabLinkInvalid for one that was never made or is over."""
    row = await tx.one(SQL.link_find, hash=_hash(link), now_ms=tx.now_ms)
    if row is None:
        raise TabLinkInvalid("Ask at the bar for a new link.")
    return LinkedTab(row["tenant_id"], row["event_id"], row["tab_id"])


def _hash(link: str) -> str:
    # A plain hash is enough: nobody guesses 128 random bits, so there is nothing to slow down.
    return hashlib.sha256(link.encode()).hexdigest()
