"""`adopt`: finds out what it was given."""

from __future__ import annotations

from barback.foundation.clock import Clock, SystemClock
from barback.storage.adopting.drivers import driver_hands, loaded, roots_of
from barback.storage.adopting.transaction import AdoptedTransaction
from barback.storage.database import Transaction

_LIBRARIES = {"sqlalchemy": ("sqlalchemy_hands", "SqlalchemyHeld"), "django": ("django_hands", "DjangoHeld")}


def adopt(connection: object, *, clock: Clock | None = None) -> Transaction:
    """The transaction that is open on `connection`, as one of ours; see the package for what is taken.

    Nothing happens until it is used, and then only in the program's transaction: what is enqueued in it
    exists if and only if the program commits. Adopt anew for each transaction; it costs nothing. With a
    `clock` messages are stamped by it instead of by the machine's. Raises TypeError for an object that
    is none of those, and later StorageError when no transaction is open, both with the cure.
    """
    for root in roots_of(connection):
        if root in _LIBRARIES:
            return AdoptedTransaction(loaded(*_LIBRARIES[root])(connection), clock or SystemClock())
    return AdoptedTransaction(driver_hands(connection), clock or SystemClock())
