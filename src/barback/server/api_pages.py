"""The API pages at /docs: Swagger UI from our own files, so that they work without the internet."""

from __future__ import annotations

from pathlib import Path

from barback.server.pages import Page, Pages

_HERE = Path(__file__).with_name("docs")
_OURS = {"": "index.html", "start.js": "start.js", "page.css": "page.css"}


def find(path: str, built: Pages) -> Page | None:
    """The page, our two small files beside it, or one of Swagger UI's files from the web build."""
    name = path.removeprefix("/docs").strip("/")
    if name in _OURS:
        return _pages().find(_OURS[name]) if _OURS[name] != "index.html" else _pages().find("")
    return built.find(f"/docs/{name}")


_cache: list[Pages] = []


def _pages() -> Pages:
    if not _cache:
        _cache.append(Pages(_HERE))
    return _cache[0]
