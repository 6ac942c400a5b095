"""An app for workers in processes of their own: each barrel that is tapped is a row, and says who tapped it."""

from __future__ import annotations

import hashlib
import os

import msgspec

from barback.engine import Message, Queue
from barback.storage import Statement, Transaction

TABLE = "CREATE TABLE tapped (message TEXT NOT NULL, place BIGINT NOT NULL, keg TEXT NOT NULL, n BIGINT NOT NULL)"
_TEXT = "INSERT INTO tapped (message, place, keg, n) VALUES (:message, :place, :keg, :n)"
_TAP = Statement("test: tap", {"sqlite": _TEXT, "postgres": _TEXT})
CELLAR = Queue("cellar")


class Barrel(msgspec.Struct):
    """The `n`th of a keg; tapping it takes an effort: rounds of a hash, 1,000 are about a third of a millisecond."""

    keg: str
    n: int
    effort: int = 1


@CELLAR.task("cellar.tap", payload=Barrel, batch_max=4)
async def tap(tx: Transaction, message: Message[Barrel]) -> None:
    """Takes its time inside the transaction."""
    barrel = message.payload
    hashlib.pbkdf2_hmac("sha256", b"hops", b"malt", barrel.effort)
    await tx.run(_TAP, message=message.id, place=os.getpid(), keg=barrel.keg, n=barrel.n)
