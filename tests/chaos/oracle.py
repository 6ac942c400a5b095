"""Counts what was asked for and what was done: lost, doubled, out of order, dead for no reason; all must be none."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from pathlib import Path

from tests.chaos import operators
from tests.chaos.operators import TAKEN_OUT, fate_of
from tests.conformance.bar import held
from tests.conformance.tools import sql

from barback.engine.store import leased_rows
from barback.storage import Database

ASKED = sql("SELECT id, key, n, kind FROM asked ORDER BY place")
EFFECTS = sql("SELECT id, key, n FROM effect ORDER BY place")
DEAD = sql("SELECT id FROM engine_dead")
TABLES = ("ready", "arrival", "parked", "later")
WAITING = sql(" UNION ALL ".join(f"SELECT id FROM engine_{table}" for table in TABLES))
LEASES = sql("SELECT body FROM engine_lease")
decode = leased_rows
DEATHS_MAX = 5
"""A message that kills is tried three times, and may be interrupted by others' deaths besides."""


async def quiet(db: Database) -> bool:
    """Whether nothing waits and nothing is held any more."""
    return not {*TABLES, "lease"} & (await held(db)).keys()


async def longest_wait_s(db: Database, since: dict[str, float]) -> float:
    """How long a message has not been done that is not done now; `since` keeps when each was seen first."""
    async with db.reading() as tx:
        done = {row["id"] for row in await tx.all(EFFECTS)}
        # Of what errands are about some waits for tomorrow.
        open_ids = {row["id"] for row in await tx.all(ASKED) if ":" not in row["kind"]} - done
    now = time.monotonic()
    for id_ in open_ids | done:
        since.setdefault(id_, now)
    return max((now - since[id_] for id_ in open_ids), default=0.0)


async def complaints(db: Database, deaths: Path, *, over: bool) -> list[str]:
    """Everything that is wrong. While the storm goes on (not `over`), what is still to come is no complaint."""
    async with db.reading() as tx:  # one snapshot of everything
        asked = {row["id"]: (row["key"], row["n"], row["kind"]) for row in await tx.all(ASKED)}
        effects = [(row["id"], row["key"], row["n"]) for row in await tx.all(EFFECTS)]
        dead = {row["id"] for row in await tx.all(DEAD)}
        waiting = Counter([str(row["id"]) for row in await tx.all(WAITING)])
        waiting += Counter(row.id for lease in await tx.all(LEASES) for row in decode(lease["body"]))
        times = Counter(str(id_) for id_, _, _ in effects)
        kinds = {str(id_): str(kind) for id_, (_, _, kind) in asked.items()}
        wrong = await operators.complaints(tx, kinds, times, waiting, over=over)
    may_be_gone = {id_ for id_, kind in kinds.items() if fate_of(kind) in TAKEN_OUT}
    killers = {id_ for id_, (_, _, kind) in asked.items() if kind == "kill"}
    wrong += [f"{id_} was done {n} times" for id_, n in times.items() if n > 1]
    wrong += [f"{id_} was done and never asked for" for id_ in times.keys() - asked.keys()]
    wrong += [
        f"{id_} {asked[id_]} is lost" for id_ in asked.keys() - times.keys() - dead - waiting.keys() - may_be_gone
    ]
    wrong += [f"{id_} is done and waits" for id_ in times.keys() & waiting.keys()]
    wrong += [f"{id_} waits in {n} places" for id_, n in waiting.items() if n > 1]
    wrong += [f"{id_} is dead and kills nobody" for id_ in dead - killers]
    wrong += _out_of_order(effects)
    died = Counter(_lines(deaths))
    wrong += [f"{id_} killed {n} workers" for id_, n in died.items() if n > DEATHS_MAX]
    if over:
        wrong += [f"{id_} {asked[id_]} is not done" for id_ in asked.keys() - times.keys() - killers - may_be_gone]
        wrong += [f"{id_} kills and is not dead" for id_ in killers - dead]
    return wrong


def _out_of_order(effects: list[tuple[str, str | None, int]]) -> list[str]:
    done: dict[str, int] = defaultdict(int)
    wrong: list[str] = []
    for id_, key, n in effects:
        if key is not None:
            if n < done[key]:
                wrong.append(f"{id_}: {key} number {n} was done after {done[key]}")
            done[key] = max(done[key], n)
    return wrong


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split() if path.exists() else []
