"""Topics (E10): a fact is published once, in a transaction; every subscription's queue gets a copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from barback.engine.tasks import Task
from barback.storage import Transaction, adopt, run_sync

F = TypeVar("F")


class Topic(Generic[F]):
    """Facts of one kind, named like `order.priced`.

    The publisher does not know who listens: subscriptions are made where the program is assembled.
    """

    def __init__(self, name: str, fact: type[F]) -> None:
        """`fact` is the type of what is published; tasks that subscribe take it as their payload."""
        self.name = name
        self.fact = fact
        self._subscribers: dict[str, tuple[Task[F], Callable[[F], str | None]]] = {}

    def subscribe(self, task: Task[F], key: Callable[[F], str | None] = lambda _fact: None) -> None:
        """From now on `task` gets a message for each fact, ordered by `key`. Subscribing again changes nothing."""
        self._subscribers[task.name] = (task, key)

    def unsubscribe(self, task: Task[F]) -> None:
        """Facts published from now on bring `task` no message."""
        self._subscribers.pop(task.name, None)

    @property
    def subscribers(self) -> list[str]:
        """Names of the tasks that get a copy."""
        return sorted(self._subscribers)

    @property
    def listeners(self) -> list[Task[F]]:
        """The tasks that get a copy, by name."""
        return [self._subscribers[name][0] for name in self.subscribers]

    async def publish(self, tx: Transaction, fact: F, *, tenant: str | None = None) -> None:
        """Tell every subscriber, if and only if `tx` commits."""
        for task, key in self._subscribers.values():
            await task.enqueue(tx, fact, key=key(fact), tenant=tenant)

    def send(self, connection: object, fact: F, *, tenant: str | None = None) -> None:
        """`publish` for synchronous programs, in the transaction that is open on their `connection`."""
        run_sync(self.publish(adopt(connection), fact, tenant=tenant))
