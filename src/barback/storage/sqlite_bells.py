"""Bells between processes that share one SQLite file: a datagram on the loopback interface.

Every process that listens binds a port and leaves a file named after it in `<database>.bells/`.
A datagram can only make somebody look in the database, so it needs no secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterable
from pathlib import Path

from barback.storage.bells import Bell

_MAX_BYTES = 8_192


def bells_folder(database_path: Path) -> Path:
    """Where the processes that listen leave their names."""
    return database_path.with_name(database_path.name + ".bells")


def send_to_all(sender: socket.socket, folder: Path, names: Iterable[str], *, but: int = 0) -> None:
    """Ring `names` at every process that has its name in `folder`, except at the port `but`."""
    data = "\n".join(sorted(names)).encode()
    if len(data) > _MAX_BYTES:
        data = b"*"
    with contextlib.suppress(OSError):
        for marker in os.listdir(folder):  # noqa: PTH208 - names only, and often
            if marker.isdigit() and int(marker) != but:
                with contextlib.suppress(OSError):
                    sender.sendto(data, ("127.0.0.1", int(marker)))


class SqliteBells:
    """Sends and hears rings of other processes."""

    def __init__(self, database_path: Path, bell: Bell) -> None:
        """Nothing is opened until `start`."""
        self._folder = bells_folder(database_path)
        self._bell = bell
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library takes it so
        self._socket.bind(("127.0.0.1", 0))
        self._port: int = self._socket.getsockname()[1]
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Listen, and let others find us."""
        self._folder.mkdir(exist_ok=True)
        for marker in self._folder.iterdir():
            with contextlib.suppress(OSError, ValueError):
                if not _alive(int(marker.read_text())):
                    marker.unlink()
        # Whole from the first instant: whoever reads an empty one must not take its owner for dead.
        unnamed = self._folder / f".{self._port}"
        unnamed.write_text(str(os.getpid()))
        unnamed.rename(self._folder / str(self._port))
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._hear)
        self._bell.connect(self._send)

    def close(self) -> None:
        """Stop listening and take our name away."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        with contextlib.suppress(OSError):
            (self._folder / str(self._port)).unlink()

    def _send(self, names: frozenset[str]) -> None:
        send_to_all(self._socket, self._folder, names, but=self._port)

    def _hear(self) -> None:
        while True:
            try:
                data = self._socket.recv(_MAX_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an earlier datagram of ours was refused: its listener is gone
            if data == b"*":
                self._bell.everybody()
            else:
                self._bell.heard(data.decode(errors="replace").split("\n"))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
