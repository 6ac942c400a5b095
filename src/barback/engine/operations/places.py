"""The tables in which messages wait or are dead, and the statement that looks for some of them.

The tables that claims scan have no index for a search, as each message would pay for that. So a search looks at
the first so many rows of each table (of one queue, if it is named), and costs the same however much waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from barback.storage import Statement, sql

State = Literal["ready", "waiting", "scheduled", "retrying", "leased", "dead", "cancelled"]
STATES: tuple[State, ...] = ("ready", "waiting", "scheduled", "retrying", "leased", "dead", "cancelled")


@dataclass(frozen=True)
class Place:
    """A table. `at`: its time (due, died); `turn`: an index of it, so that one queue is read without the others.

    `asked`: it is looked through only for those who ask for its state.
    """

    table: str
    states: Sequence[State]
    turn: str
    at: str = "CAST(NULL AS BIGINT)"
    error: str = "CAST(NULL AS TEXT)"
    newest: str = ""
    asked: bool = False

    @property
    def state(self) -> str:
        """The state of a row of it, as SQL."""
        if "retrying" in self.states:
            return "CASE WHEN attempt > 0 THEN 'retrying' ELSE 'scheduled' END"
        return f"'{self.states[0]}'"

    def filled(self, condition: str) -> str:
        """A condition with what a row's state and time are here."""
        return condition.replace("{state}", self.state).replace("{at}", self.at)


DEAD = Place(
    "engine_dead", ("dead",), "queue DESC, died_ms DESC, id DESC", at="died_ms", error="substr(error, 1, 300)",
    newest="died_ms DESC, id DESC",
)  # fmt: skip
CANCELLED = Place(
    "engine_cancelled", ("cancelled",), "queue DESC, cancelled_ms DESC", at="cancelled_ms", newest="cancelled_ms DESC",
    asked=True,
)  # fmt: skip
PLACES = (
    Place("engine_ready", ("ready",), "queue, priority, pos"),
    Place("engine_line", ("ready",), "queue, line, priority, pos"),
    Place("engine_arrival", ("waiting",), "queue, pos"),
    Place("engine_parked", ("waiting",), "queue, key, pos"),
    Place("engine_later", ("scheduled", "retrying"), "queue, due_ms", at="due_ms"),
    DEAD,
    CANCELLED,
)
_YOUNGEST = "ORDER BY enqueued_ms DESC, id DESC LIMIT :n"
_COLUMNS = "queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, about"
_CONDITIONS = {
    "id": "id = :id",
    "key": "key = :key",
    "tenant": "tenant = :tenant",
    "task": "task = :task",
    "state": "{state} = :state",
    "enqueued_from_ms": "enqueued_ms >= :enqueued_from_ms",
    "enqueued_to_ms": "enqueued_ms < :enqueued_to_ms",
    "due_from_ms": "{state} IN ('scheduled', 'retrying') AND {at} >= :due_from_ms",
    "due_to_ms": "{state} IN ('scheduled', 'retrying') AND {at} < :due_to_ms",
    "parent": "instr(about, :parent) > 0",
    "batch": "instr(about, :batch) > 0",
    "caseless": "instr(payload, :caseless) > 0",
    "piece": "instr(lower(payload), :piece) > 0",
}


@cache
def rows_in(state: State | None, given: frozenset[str]) -> Statement | None:
    """Looks for rows with what is `given`, the youngest before a place first. None: no table can have them.

    Each table puts in order only where its rows lie, and reads those that are left once more: to carry all columns of
    all that are looked at took twice as long.
    """
    wanted = [_CONDITIONS[name] for name in _CONDITIONS if name in given]
    where = " AND ".join([*wanted, "(enqueued_ms < :before_ms OR (enqueued_ms = :before_ms AND id < :before_id))"])
    tables = [
        f"SELECT * FROM (SELECT {place.state} AS state, {place.at} AS at_ms, {place.error} AS error, {_COLUMNS} FROM "  # noqa: S608
        f"(SELECT lies FROM ({_first(place, 'rowid AS lies, *', given)}) f WHERE {place.filled(where)} {_YOUNGEST}) y "
        f"JOIN {place.table} ON {place.table}.rowid = y.lies) t"
        for place in _places(state)
    ]
    text = f"SELECT * FROM ({' UNION ALL '.join(tables)}) m {_YOUNGEST}"  # noqa: S608
    return sql(text, text.replace("rowid", "ctid").replace("instr(", "strpos(")) if tables else None


@cache
def row_in(place: Place, *, of_queue: bool) -> Statement:
    """Looks in one table for the message `id`, in its queue or wherever it is, and no further than there."""
    its = "queue = :queue AND " if of_queue else ""
    columns = f"{place.state} AS state, {place.at} AS at_ms, {place.error} AS error, {_COLUMNS}"
    return sql(f"SELECT {columns} FROM {place.table} WHERE {its}id = :id LIMIT 1")  # noqa: S608


@cache
def counts_in(state: State | None, given: frozenset[str]) -> Statement | None:
    """How many rows of each table a search looks at."""
    tables = [f"SELECT count(*) AS n FROM ({_first(place, '1', given)}) c" for place in _places(state)]  # noqa: S608
    return sql(" UNION ALL ".join(tables)) if tables else None


def _places(state: State | None) -> Sequence[Place]:
    return [place for place in PLACES if (not place.asked if state is None else state in place.states)]


def _first(place: Place, what: str, given: frozenset[str]) -> str:
    """The rows of a table that are looked at. By its id a message is found wherever it is."""
    if "id" in given:
        queue = "queue = :queue AND " if "queue" in given else ""
        return f"SELECT {what} FROM {place.table} WHERE {queue}id = :id"  # noqa: S608
    if "queue" not in given:
        turn = f" ORDER BY {place.newest}" if place.newest else ""
        return f"SELECT {what} FROM {place.table}{turn} LIMIT :looked"  # noqa: S608
    key = " AND key = :key" if place.table == "engine_parked" and "key" in given else ""
    return f"SELECT {what} FROM {place.table} WHERE queue = :queue{key} ORDER BY {place.turn} LIMIT :looked"  # noqa: S608
