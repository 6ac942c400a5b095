"""Blobs in an object store (S3, Google Cloud Storage, Azure) through obstore, which is an extra."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import obstore
from obstore.exceptions import NotFoundError
from obstore.store import from_url

from barback.engine.blobs.stores import LIST_MAX, BlobMissingError


class ObjectBlobs:
    """See `Blobs`; a `put` that returned is as durable as the store says."""

    def __init__(self, store: Any) -> None:
        """`store` is any store of obstore, made with credentials and options of one's own."""
        self._store = store

    @classmethod
    def open(cls, url: str) -> ObjectBlobs:
        """The bucket and prefix at `url`, with credentials from the environment."""
        return cls(from_url(url))

    async def put(self, name: str, data: bytes) -> None:
        """Upload."""
        await obstore.put_async(self._store, name, data)

    async def get(self, name: str) -> bytes:
        """Download. Raises BlobMissingError."""
        try:
            answer = await obstore.get_async(self._store, name)
            return bytes(await answer.bytes_async())
        except (NotFoundError, FileNotFoundError):
            raise BlobMissingError(f"there is no blob {name} in the store") from None

    async def delete(self, names: Iterable[str]) -> None:
        """Remove; S3 and others answer nothing for one that is not there."""
        for name in names:
            try:
                await obstore.delete_async(self._store, name)
            except (NotFoundError, FileNotFoundError):
                continue

    async def older(self, before_ms: int) -> list[str]:
        """By the time of the last change."""
        found: list[str] = []
        pages: Any = obstore.list(self._store)  # pyright: ignore[reportUnknownMemberType]
        async for page in pages:
            found += [str(one["path"]) for one in page if one["last_modified"].timestamp() * 1000 < before_ms]
            if len(found) >= LIST_MAX:
                break
        return found[:LIST_MAX]
