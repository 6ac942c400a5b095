"""The web app's files: right type, right caching, fallbacks for the four apps, and headers that protect."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tests.support.server import RunningServer

from barback.server.headers import PAGE_POLICY
from barback.server.pages import Pages

FILES = {
    "index.html": "<h1>landing</h1>",
    "office.html": "<h1>office</h1>",
    "till.html": "<h1>till</h1>",
    "console.html": "<h1>console</h1>",
    "guest.html": "<h1>guest</h1>",
    "assets/office-a1b2c3.js": "console.log('office');" * 100,
    "assets/font.woff2": "not really a font",
    "sw.js": "self",
}


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return Pages(tmp_path)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "index.html"),
        ("/office", "office.html"),
        ("/office/", "office.html"),
        ("/office/events/1/menu", "office.html"),
        ("/till", "till.html"),
        ("/console/queues/orders", "console.html"),
        ("/t/Ab3-_x", "guest.html"),
        ("/assets/office-a1b2c3.js", "assets/office-a1b2c3.js"),
        ("/sw.js", "sw.js"),
    ],
)
def test_each_path_has_its_page(pages: Pages, path: str, name: str) -> None:
    page = pages.find(path)
    assert page is not None
    assert page.body == FILES[name].encode()


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/office.html", "/assets/old-hash.js", "/office/assets/old.js", "/officer", "/../pages.py", "/assets"],
)
def test_what_is_not_there_is_not_a_page(pages: Pages, path: str) -> None:
    assert pages.find(path) is None


def test_what_never_changes_is_kept_and_what_may_change_is_asked_for_again(pages: Pages) -> None:
    def caching(path: str) -> str:
        page = pages.find(path)
        assert page is not None
        return page.caching

    assert caching("/assets/office-a1b2c3.js") == "public, max-age=31536000, immutable"
    assert caching("/office") == caching("/sw.js") == caching("/") == "no-cache"


def test_text_is_packed_when_it_is_worth_it(pages: Pages) -> None:
    script, font, small = (
        pages.find("/assets/office-a1b2c3.js"),
        pages.find("/assets/font.woff2"),
        pages.find("/office"),
    )
    assert script is not None
    assert script.packed is not None
    assert gzip.decompress(script.packed) == script.body
    assert script.media == "text/javascript; charset=utf-8"
    assert font is not None
    assert (font.packed, font.media) == (None, "font/woff2")
    assert small is not None
    assert small.packed is None


async def test_a_page_comes_with_headers_that_protect(server: RunningServer) -> None:
    answer = await server.http.get("/")
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["content-security-policy"] == PAGE_POLICY
    assert "script-src 'self';" in PAGE_POLICY
    assert "frame-ancestors 'none'" in PAGE_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    # A guest's link is a key, and it is in the address.
    assert headers["referrer-policy"] == "no-referrer"
    assert "strict-transport-security" not in headers
    secure = await server.http.get("/", headers={"x-forwarded-proto": "https"})
    assert "max-age" in secure.headers["strict-transport-security"]


async def test_answers_with_data_are_never_kept(server: RunningServer) -> None:
    owner = await server.sign_up()
    for answer in (await owner.get("/me"), await owner.get("/nothing"), await server.http.get("/v1/me")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_browser_that_has_it_gets_304_and_head_gets_no_body(server: RunningServer) -> None:
    first = await server.http.get("/docs")
    again = await server.http.get("/docs", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    head = await server.http.head("/docs")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0
    other = await server.http.post("/docs")
    assert other.status_code == 404


async def test_the_api_pages_ask_nobody_but_us(server: RunningServer) -> None:
    page = await server.http.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "<script>" not in page.text
    for name in ("start.js", "page.css"):
        assert f"/docs/{name}" in page.text
        assert (await server.http.get(f"/docs/{name}")).status_code == 200
    assert (await server.http.get("/docs/../asgi.py")).status_code == 404
