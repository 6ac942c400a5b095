"""Blob stores (E19): where payloads go that are too large for a row. A folder, or an object store.

report_task.blobs = FolderBlobs(Path("/var/lib/barback/blobs"))     # or open_blobs("s3://bucket/prefix")
work = await stow(report_task, Work(report, key="event:7"))         # outside of any transaction
await report_task.enqueue_many(tx, [work])                          # the message has the name of the blob
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Protocol, runtime_checkable

from barback.foundation.ids import new_id
from barback.foundation.settings import Settings

LIST_MAX = 1_000
"""Names that one look for what is old answers."""


class BlobMissingError(LookupError):
    """The store has no blob of that name."""


@runtime_checkable
class Blobs(Protocol):
    """A store of blobs by name; every call may take as long as a network does."""

    async def put(self, name: str, data: bytes) -> None:
        """Keep `data`; when this returns it survives a power cut."""
        ...

    async def get(self, name: str) -> bytes:
        """The data. Raises BlobMissingError."""
        ...

    async def delete(self, names: Iterable[str]) -> None:
        """Forget blobs; one that is not there is none."""
        ...

    async def older(self, before_ms: int) -> list[str]:
        """Up to 1,000 names of blobs that were put before then, by the store's clock."""
        ...


class FolderBlobs:
    """Blobs as files of one folder, written whole: a reader sees all of a blob or none."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made at the first `put`. Workers on other hosts need to see the same one."""
        self._folder = folder

    async def put(self, name: str, data: bytes) -> None:
        """Write beside, fsync, rename, fsync the folder."""
        await asyncio.to_thread(self._put, self._path(name), data)

    def _put(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{new_id()}")
        try:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    async def get(self, name: str) -> bytes:
        """Read the file. Raises BlobMissingError."""
        try:
            return await asyncio.to_thread(self._path(name).read_bytes)
        except FileNotFoundError:
            raise BlobMissingError(f"there is no blob {name} in {self._folder}") from None

    async def delete(self, names: Iterable[str]) -> None:
        """Remove the files."""
        paths = [self._path(name) for name in names]

        def remove() -> None:
            for path in paths:
                path.unlink(missing_ok=True)

        await asyncio.to_thread(remove)

    async def older(self, before_ms: int) -> list[str]:
        """By the time of the file; a file that was never finished is one, too."""
        return await asyncio.to_thread(self._older, before_ms)

    def _older(self, before_ms: int) -> list[str]:
        found: list[str] = []
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if path.stat().st_mtime_ns // 1_000_000 < before_ms:
                    found.append(path.name)
                    if len(found) >= LIST_MAX:
                        break
        return found

    def _path(self, name: str) -> Path:
        if not name or "/" in name or name in {".", ".."}:
            raise ValueError(f"expected the name of a blob without a slash, got {name!r}")
        return self._folder / name


def store_of(settings: Settings) -> Blobs | None:
    """The store that tasks without one of their own use: BARBACK_BLOBS. Raises ValueError for what is none."""
    return _opened(settings.blobs) if settings.blobs else None


@lru_cache(maxsize=4)
def _opened(url: str) -> Blobs:
    return open_blobs(url)


def open_blobs(url: str) -> Blobs:
    """The store at `url`: `/folder`, `file:///folder`, or `s3://…`, `gs://…`, `az://…` (needs `barback[blobs]`).

    Credentials come from the environment, as each provider's own tools read them. Raises ValueError for another scheme.
    """
    if url.startswith(("file:///", "/")):
        return FolderBlobs(Path(url.removeprefix("file://")))
    if url.startswith(("s3://", "gs://", "az://", "memory://")):
        from barback.engine.blobs.object_stores import ObjectBlobs  # noqa: PLC0415 - an extra, loaded where it is used

        return ObjectBlobs.open(url)
    raise ValueError(
        f"expected an absolute folder, or a URL that starts with file:///, s3://, gs:// or az://, got {url!r}"
    )
