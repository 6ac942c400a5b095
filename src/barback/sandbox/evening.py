"""What the demo night remembers between starts: its event, and its tills with what they have not sent yet.

A till writes down a sale before it sends it, as a real one does: a start after a crash sends what was
left and goes on counting without a gap. The file holds the tills' secrets, so only its owner may read it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from barback.sandbox.contract import DeviceSession, Order


class TillState(msgspec.Struct):
    """A till as it was."""

    name: str
    session: DeviceSession
    seq: int = 0
    unsent: list[Order] = []


class Evening(msgspec.Struct):
    """The demo night of one database."""

    event_id: str
    uids: list[str]
    tills: list[TillState]


_decode = msgspec.json.Decoder(Evening).decode


class Notebook:
    """The file that an Evening is kept in."""

    def __init__(self, database_url: str) -> None:
        """Beside an SQLite file; for other databases under `data/` of the current folder."""
        parts = urlsplit(database_url)
        if parts.scheme == "sqlite":
            place = Path(database_url.removeprefix("sqlite:///"))
            self.path = place.with_name(f"{place.stem}-demo.json")
        else:
            mark = hashlib.sha256(f"{parts.hostname}:{parts.port}{parts.path}".encode()).hexdigest()[:8]
            self.path = Path.cwd() / "data" / f"demo-{mark}.json"

    def read(self) -> Evening | None:
        """What was written last; None when there is nothing that can be read."""
        try:
            return _decode(self.path.read_bytes())
        except (OSError, msgspec.MsgspecError):
            return None

    def write(self, evening: Evening) -> None:
        """Replace the file in one step."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(evening))
        new.replace(self.path)
