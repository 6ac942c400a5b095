"""An operator in the storm, who asks for errands; and what must have become of the messages that they are about.

The messages of an errand and the errand are one commit, so all of them are what it was asked for. `asked.kind` says
what is to become of each, and whose errand it is: `gone` (due tomorrow: must be taken out, and never run), `either`
(due now: is done or taken out), `hurry` (due tomorrow: must run now). Beside them stand others that it must not touch.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from tests.chaos.crowd import SHELVE, TOSS, Drink
from tests.conformance.tools import sql

from barback.engine import Work
from barback.engine.operations import errand_steps, errands, purging
from barback.engine.operations.errand_steps import Asked, Change, Drain, Purge, Stepped
from barback.engine.operations.errands import Errand
from barback.engine.operations.looking import Look
from barback.foundation.ids import new_id
from barback.storage import Database, Transaction

ASKED = sql("INSERT INTO asked (id, key, n, kind) VALUES (:id, :key, :n, :kind)")
HURRIED = sql("SELECT subject FROM engine_change WHERE action = 'message.hurried'")
TOMORROW_MS = 86_400_000
PAGE = 4
"""Messages of a step, so that every errand has many steps to fall between."""
STEP_S = {"sqlite": 0.005, "postgres": 0.03}
"""On SQLite nobody else writes meanwhile."""
MANY = 1 << 20
TAKEN_OUT = ("gone", "either")


def small_steps() -> None:
    """In a worker: few messages are many steps, in which there is time to fall."""
    purging.PAGE = errand_steps.CHANGES_PAGE = PAGE
    step = errand_steps.step

    async def slowly(tx: Transaction, *args: Any, **how: Any) -> Stepped:
        stepped = await step(tx, *args, **how)
        await asyncio.sleep(STEP_S[tx.dialect])  # time for a kill between the work of a step and its commit
        return stepped

    errand_steps.step = slowly


async def ask(db: Database, chance: random.Random) -> None:
    """Some dozens of messages and an errand about them, and as many that are none of its business."""
    mine, other = new_id(), new_id()
    look = Look(queue=SHELVE.queue, tenant=mine)
    wanted: list[Asked] = [
        Purge(TOSS.queue),
        Drain(mine),
        Change(line="", look=look, action="cancel"),
        Change(line="", look=look, action="run_now"),
    ]
    asked = chance.choice(wanted)
    task = TOSS if isinstance(asked, Purge) else SHELVE
    hurries = isinstance(asked, Change) and asked.action == "run_now"
    async with db.transaction() as tx:
        errand = await errands.start(tx, asked, found=0, at_least=False, who="operator:storm")
        works, kinds = list[Work[Drink]](), list[str]()
        for n in range(chance.randint(20, 40)):
            key = None if hurries or chance.random() < 0.5 else f"{mine}:{n % 3}"
            fate = "hurry" if hurries else "either" if chance.random() < 0.4 else "gone"
            delay_ms = 0 if fate == "either" else TOMORROW_MS
            works.append(Work(Drink(n), key=key, tenant=mine, delay_ms=delay_ms, id=new_id()))
            kinds.append(f"{fate}:{errand.id}")
        for n in range(10 if task is SHELVE else 0):
            works.append(Work(Drink(n), key=None if n % 2 else f"{other}:0", tenant=other, id=new_id()))
            kinds.append("stays")
        rows = zip(works, kinds, strict=True)
        await tx.many(ASKED, [{"id": one.id, "key": one.key, "n": one.payload.n, "kind": kind} for one, kind in rows])
        await task.enqueue_many(tx, works)


def fate_of(kind: str) -> str:
    """What is to become of a message of this kind; of most, that it is done."""
    return kind.partition(":")[0]


async def complaints(
    tx: Transaction, kinds: Mapping[str, str], done: Counter[str], waiting: Counter[str], *, over: bool
) -> list[str]:
    """What errands did wrong, by the snapshot `tx`: `kinds` are those of all messages that were asked for."""
    hurried = Counter(str(row["subject"]).removeprefix("message:") for row in await tx.all(HURRIED))
    its: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for id_, kind in kinds.items():
        fate, _, errand = kind.partition(":")
        if errand:
            its[errand].append((id_, fate))
    wrong = [
        f"{id_} was to be taken out and was done"
        for id_, kind in kinds.items()
        if fate_of(kind) == "gone" and done[id_]
    ]
    wrong += [f"{id_} was hurried {n} times" for id_, n in hurried.items() if n > 1]
    wrong += [f"{id_} was hurried and nobody asked" for id_ in hurried if fate_of(kinds.get(id_, "")) != "hurry"]
    purged = says_purged = 0
    for one in await errands.newest(tx, MANY):
        mine = its.pop(one.id, [])
        out = [id_ for id_, fate in mine if fate in TAKEN_OUT and not done[id_] and not waiting[id_]]
        wrong += _left(one, mine, waiting, hurried, over=over)
        if one.kind == "purge":
            # Each takes what stands in the queue, also of one that was asked for later while clocks went back.
            purged, says_purged = purged + len(out), says_purged + one.handled
        elif one.kind == "run_now":
            count = sum(hurried[id_] for id_, _ in mine)
            wrong += [f"errand {one.id} says it hurried {one.handled}, not {count}"] if count != one.handled else []
        elif len(out) != one.handled:
            wrong.append(f"errand {one.id} ({one.kind}) says it took out {one.handled}, and {len(out)} are gone")
    if purged != says_purged:
        wrong.append(f"errands say they purged {says_purged}, and {purged} are gone")
    return wrong + [f"errand {errand} is lost" for errand in its]


def _left(
    one: Errand, mine: list[tuple[str, str]], waiting: Counter[str], hurried: Counter[str], *, over: bool
) -> list[str]:
    """What an errand has ended without, or not ended."""
    if one.state != "done":
        return [f"errand {one.id} ({one.kind}) is {one.state}: {one.error}"] if over or one.state == "failed" else []
    left = [f"{id_} was to be taken out and waits" for id_, fate in mine if fate == "gone" and waiting[id_]]
    return left + [f"{id_} was to be hurried and was not" for id_, fate in mine if fate == "hurry" and not hurried[id_]]
