"""What an adopted transaction needs of a connection: `Hands`, one kind for each driver."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from barback.storage.adopting.places import Place
from barback.storage.database import Params, Row
from barback.storage.statements import Statement


class Hands(Protocol):
    """Executes statements on one connection of somebody else's program. Errors are ours."""

    @property
    def place(self) -> Place | None:
        """Where this database's bells are; None for one that nobody else can open."""
        ...

    def check(self) -> None:
        """Raise StorageError, with the cure, unless the program has a transaction open."""
        ...

    def ended(self) -> bool:
        """Whether the program's transaction is over. May be asked from another thread."""
        ...

    async def all(self, statement: Statement, params: Params) -> Sequence[Row]:
        """Every row."""
        ...

    async def run(self, statement: Statement, params: Params) -> int:
        """Rows touched."""
        ...

    async def many(self, statement: Statement, rows: Sequence[Params]) -> int:
        """Once for each of `rows`; rows touched, or 0 where the driver does not say."""
        ...

    async def many_values(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> int:
        """Once for each row of values; rows touched. Asked of SQLite only."""
        ...

    async def control(self, command: str) -> None:
        """A command without parameters."""
        ...


class Held(Protocol):
    """What was given to `adopt`: finds the driver's connection when it is needed."""

    dialect: str

    async def hands(self) -> Hands:
        """The hands for the transaction that is open now. Raises StorageError when none is."""
        ...

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call `call` after the program's commit."""
        ...


class NamedRow(tuple[Any, ...]):
    """A row of a driver whose own rows know positions only."""

    __slots__ = ()
    names: Mapping[str, int] = {}

    def __getitem__(self, key: Any) -> Any:
        """The value of a column, by name or position."""
        return super().__getitem__(self.names[key] if isinstance(key, str) else key)


@functools.lru_cache(maxsize=512)
def row_type(columns: tuple[str, ...]) -> type[NamedRow]:
    """The class of rows with these columns."""
    return type("NamedRow", (NamedRow,), {"__slots__": (), "names": {name: at for at, name in enumerate(columns)}})


async def settled(answer: Any) -> Any:
    """`answer`, awaited if it wants to be: one text for the synchronous and the asynchronous kind of a driver."""
    return await answer if inspect.isawaitable(answer) else answer
