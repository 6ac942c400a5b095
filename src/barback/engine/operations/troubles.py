"""What holds everything up besides queues: open breakers and held snapshots, shared by all who look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from barback.engine.guards import breakers
from barback.engine.guards.breakers import BreakerState
from barback.engine.operations import doctor
from barback.engine.operations.doctor import Finding
from barback.engine.operations.shared_looks import SharedLook, looks_of
from barback.storage import Database, Transaction


@dataclass(frozen=True)
class Troubles:
    """Breakers that stand open, and what keeps dead rows or the log from being removed."""

    open_breakers: Sequence[BreakerState] = ()
    held: Sequence[Finding] = ()


async def _read(tx: Transaction) -> Troubles:
    states = await breakers.every(tx)
    held = await (doctor.snapshots if tx.dialect == "postgres" else doctor.file)(tx)
    return Troubles([one for one in states if one.holds], [one for one in held if one.kind == "held_snapshot"])


def troubles_of(db: Database) -> SharedLook[Troubles]:
    """What holds everything up, as all who look at `db` in this process share it."""
    return looks_of(db).shared("troubles", lambda: SharedLook(_read))
