"""The built web app: files held in memory, with caching that is right for each, and the pages' fallbacks."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barback.server.headers import PAGE_POLICY

STATIC = Path(__file__).with_name("static")
APPS = {"office": "office.html", "till": "till.html", "console": "console.html", "t": "guest.html"}
"""The first step of a path → the page that handles everything below it."""

_COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/manifest+json")
_COMPRESS_MIN = 1024
_TYPES = {
    ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".html": "text/html",
    ".webmanifest": "application/manifest+json", ".woff2": "font/woff2", ".svg": "image/svg+xml",
    ".map": "application/json",
}  # fmt: skip
_NO_APP = (
    b"<!doctype html><meta charset=utf-8><title>Barback</title>"
    b"<p>The server is running; the web app is not built. Run <code>make web</code>. The API pages are at /docs."
)

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Page:
    """One file, ready to send."""

    body: bytes
    packed: bytes | None
    media: str
    etag: str
    caching: str


def _page(path: Path, name: str) -> Page:
    body = path.read_bytes()
    media = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = None
    if media.startswith(_COMPRESSIBLE) and len(body) >= _COMPRESS_MIN:
        packed = gzip.compress(body, 9, mtime=0)
    if media.startswith("text/"):
        media += "; charset=utf-8"
    # Names under assets/ hold a hash of the content: what has that name never changes.
    caching = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
    return Page(body, packed, media, f'"{hashlib.sha256(body).hexdigest()[:32]}"', caching)


class Pages:
    """Answers GET and HEAD for the web app, from files read at the start."""

    def __init__(self, folder: Path = STATIC) -> None:
        """Read every file below `folder`; an empty or missing one gives a page that says what to do."""
        self._pages: dict[str, Page] = {}
        if folder.is_dir():
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    name = path.relative_to(folder).as_posix()
                    self._pages[name] = _page(path, name)

    def find(self, path: str) -> Page | None:
        """The file for a path of the URL, an app's page for whatever is below the app, or None."""
        name = path.strip("/")
        if name == "":
            return self._pages.get("index.html") or Page(
                _NO_APP, None, "text/html; charset=utf-8", '"none"', "no-store"
            )
        if name in self._pages and not name.endswith(".html"):
            return self._pages[name]
        first, _, rest = name.partition("/")
        # A missing script must be a 404, not a page: a browser would run the page as a script.
        if first in APPS and "." not in rest.rpartition("/")[2]:
            return self._pages.get(APPS[first])
        return None

    def names(self) -> list[str]:
        """Every file, by its path below the folder."""
        return sorted(self._pages)


async def send_page(scope: Scope, send: Send, page: Page) -> None:
    """Send a file, or 304 when the browser has it."""
    asked = {name: value for name, value in scope["headers"] if name in (b"if-none-match", b"accept-encoding")}
    headers = [
        (b"content-type", page.media.encode()), (b"etag", page.etag.encode()),
        (b"cache-control", page.caching.encode()), (b"content-security-policy", PAGE_POLICY.encode()),
        (b"vary", b"accept-encoding"),
    ]  # fmt: skip
    if page.etag.encode() in asked.get(b"if-none-match", b""):
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    body = page.body
    if page.packed is not None and b"gzip" in asked.get(b"accept-encoding", b""):
        body = page.packed
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
